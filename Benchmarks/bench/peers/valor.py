"""valor: the release build, with or without plugins."""

import re
import selectors
import subprocess
import time
from pathlib import Path

from ..certificates import Certificates
from ..endpoint import Endpoint
from ..origin import Origin
from ..paths import REPOSITORY
from ..processes import Server, tail

BINARY = REPOSITORY / ".build/release/valor"


class Valor:
    """A running `valor run`; ``plugins`` are values of its option --plugin, ``options`` others."""

    def __init__(
        self, folder: Path, certificates: Certificates, origin: Origin, plugins: list[str] = [],
        options: list[str] = [],
    ):  # fmt: skip
        folder.mkdir()
        self.origin = origin
        self.authority = folder / "ca/ca.pem"
        arguments = [
            str(BINARY), "run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
            "--ca-dir", str(folder / "ca"), "--data-dir", str(folder),
            "--upstream-ca", str(certificates.authority), "--intercept", "all", *options,
        ]  # fmt: skip
        for plugin in plugins:
            arguments += ["--plugin", plugin]
        log = folder / "log"
        self.server = Server(arguments, log, stdout=subprocess.PIPE, text=True)
        self.port = self._read_port(log)

    def _read_port(self, log: Path, seconds: float = 30) -> int:
        output = self.server.process.stdout
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while selector.select(max(0, deadline - time.monotonic())):
                line = output.readline()
                if match := re.match(r"listening http://127\.0\.0\.1:(\d+)", line):
                    return int(match[1])
                if not line:
                    break
        self.stop()
        raise RuntimeError(f"valor does not listen:\n{tail(log)}")

    def endpoint(self, is_secure: bool, path: str) -> Endpoint:
        authority = self.authority if is_secure else None
        url = self.origin.url(is_secure, path)
        return Endpoint(self.server.pid, self.port, url, authority=authority)

    def plugin_endpoint(self, url: str) -> Endpoint:
        """Load on a URL that a plugin answers."""
        return Endpoint(self.server.pid, self.port, url)

    @staticmethod
    def version() -> str:
        def say(*arguments: str) -> str:
            result = subprocess.run(arguments, capture_output=True, text=True, cwd=REPOSITORY)
            return result.stdout.strip()

        revision = say("git", "describe", "--always", "--dirty", "--exclude=*")
        return f"{say(str(BINARY), '--version')} ({revision})"

    def stop(self) -> None:
        self.server.stop()
