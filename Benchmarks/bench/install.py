"""Installs what a run needs and the machine lacks: Debian packages, mitmproxy and Deno by pip."""

import os
import shutil
import subprocess
import sys
import venv

from .paths import WORK, mitmdump, program

# The packages of what is always needed, and of the peers.
COMMON = ["gcc", "libc6-dev", "libssl-dev", "nginx", "openssl"]
PEER_PACKAGES = {"squid": ["squid-openssl"], "node": ["nodejs"]}
# What a package is wanted for, where it may have come by another way than as a package.
PROGRAMS = {"gcc": "cc", "nginx": "nginx", "nodejs": "node", "openssl": "openssl"}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def is_installed(package: str) -> bool:
    if package in PROGRAMS and shutil.which(PROGRAMS[package]):
        return True
    result = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return result.stdout == "installed"


def apt_install(packages: list[str]) -> None:
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    say(f"installing {' '.join(missing)}")
    prefix = [] if os.getuid() == 0 else ["sudo"]
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        result = subprocess.run(
            prefix + command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise RuntimeError(f"apt-get {command[0]} failed:\n{result.stdout}{result.stderr}")


def pip_install(package: str) -> Exception | None:
    """The newest by pip, in a folder of its own. Returns why that failed, where it did."""
    say(f"installing {package} with pip")
    folder = WORK / package
    try:
        venv.create(folder, with_pip=True)
        subprocess.run(
            [str(folder / "bin/pip"), "install", "--quiet", package],
            check=True, capture_output=True, timeout=240,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return error
    return None


def install_mitmproxy() -> None:
    """Debian's where pip does not work."""
    if not mitmdump() and (error := pip_install("mitmproxy")):
        say(f"pip failed ({error}); installing Debian's mitmproxy")
        apt_install(["mitmproxy"])


def install_deno() -> None:
    if not program("deno", "deno") and (error := pip_install("deno")):
        raise RuntimeError(f"pip install deno failed: {error}")


def install(peers: list[str]) -> None:
    """Makes everything ready that these peers need."""
    packages = list(COMMON)
    for peer in peers:
        packages += PEER_PACKAGES.get(peer, [])
    apt_install(packages)
    if "mitmproxy" in peers:
        install_mitmproxy()
    if "deno" in peers:
        install_deno()


def build_valor(repository: os.PathLike) -> None:
    """Builds the program as scripts/run does."""
    script = repository / "scripts/build"
    command = [str(script)] if script.exists() else [
        "swift", "build", "--configuration", "release", "--product", "valor",
        "--static-swift-stdlib", "-Xswiftc", "-enforce-exclusivity=unchecked",
    ]  # fmt: skip
    result = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"the build failed:\n{result.stdout[-4000:]}{result.stderr[-4000:]}")
