"""The load generator: compiling it, and one measurement with it."""

import json
import subprocess
from dataclasses import dataclass

from .endpoint import Endpoint
from .paths import FOLDER, LOAD
from .processes import cpu_seconds

CONNECTIONS = 32
# Few enough that the slowest server has finished them all soon.
LARGE_BODY_CONNECTIONS = 8


@dataclass(frozen=True)
class Mode:
    """How requests are made. ``expected_bytes``: what every body has to have."""

    expected_bytes: int
    is_new_each: bool = False
    resumes: bool = False
    connections: int = CONNECTIONS

    def options(self) -> list[str]:
        options = ["--connections", str(self.connections)]
        options += ["--expect-bytes", str(self.expected_bytes)]
        options += ["--new"] if self.is_new_each else []
        options += ["--resume"] if self.resumes else []
        return options


@dataclass(frozen=True)
class Sample:
    """What one measurement gave."""

    cpu_us: float  # of the process tree, for each request
    rate: float  # requests a second
    p50_ms: float
    p99_ms: float
    resumed_share: float  # of the connections that were opened


def compile_load() -> None:
    """Compiles the load generator where its sources are newer than it."""
    sources = sorted((FOLDER / "load").glob("*.[ch]"))
    if LOAD.exists() and all(source.stat().st_mtime < LOAD.stat().st_mtime for source in sources):
        return
    LOAD.parent.mkdir(exist_ok=True)
    files = [str(source) for source in sources if source.suffix == ".c"]
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(
        ["cc", *flags, "-o", str(LOAD), *files, "-lssl", "-lcrypto"], check=True, timeout=120
    )


def measure(endpoint: Endpoint, mode: Mode, warm_up: float, seconds: float) -> Sample:
    """Warms up, then takes the process tree's CPU time around a load that ends by itself.

    The generator answers for the boundaries: between the two readings all requests are begun and
    all are answered, so every one of them is in the CPU time and nothing else is.
    """
    options = ["--direct"] if endpoint.is_direct else []
    options += ["--ca", str(endpoint.authority)] if endpoint.authority else []
    arguments = [
        str(LOAD), *mode.options(), *options, "--warm-up", str(warm_up), "--seconds", str(seconds),
        "--wait", f"127.0.0.1:{endpoint.port}", endpoint.url,
    ]  # fmt: skip
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as load:
        first = load.stdout.readline()
        if first != "ready\n":
            raise RuntimeError(f"load failed to warm up: {first}{load.stderr.read()}")
        before = cpu_seconds(endpoint.pid)
        load.stdin.write("go\n")
        load.stdin.flush()
        line = load.stdout.readline()
        after = cpu_seconds(endpoint.pid)
        complaint = load.stderr.read()
    if not line:
        raise RuntimeError(f"load failed: {complaint}")
    return to_sample(json.loads(line), after - before)


def to_sample(result: dict, cpu: float) -> Sample:
    """Any error makes the figures worthless, so it is one."""
    if result["errors"] or not result["requests"]:
        raise RuntimeError(f"{result['errors']} requests failed, first: {result['first_error']}")
    return Sample(
        cpu_us=cpu / result["requests"] * 1e6,
        rate=result["requests"] / result["seconds"],
        p50_ms=result["p50_us"] / 1e3,
        p99_ms=result["p99_us"] / 1e3,
        resumed_share=result["resumed"] / max(1, result["opened"]),
    )


def request_once(endpoint: Endpoint) -> float:
    """Makes one request on a new connection; how long its answer took, in milliseconds."""
    options = ["--connections", "1", "--requests", "1"]
    options += ["--direct"] if endpoint.is_direct else []
    result = subprocess.run(
        [str(LOAD), *options, f"127.0.0.1:{endpoint.port}", endpoint.url],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    figures = json.loads(result.stdout or '{"errors": 1, "first_error": "no answer"}')
    if figures["errors"]:
        raise RuntimeError(f"a request failed: {figures['first_error']}{result.stderr}")
    return figures["p50_us"] / 1e3
