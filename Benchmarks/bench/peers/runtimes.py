"""The HTTP servers of JavaScript runtimes, which answer what the plugin answers."""

import subprocess
from pathlib import Path

from ..endpoint import Endpoint
from ..paths import FOLDER, program
from ..processes import Server, free_port, wait_for_port


class Runtime:
    """A running server."""

    def __init__(self, command: list[str], folder: Path):
        folder.mkdir()
        self.port = free_port()
        log = folder / "log"
        self.server = Server([*command, str(self.port)], log)
        wait_for_port(self.port, self.server.process, log)

    def endpoint(self) -> Endpoint:
        return Endpoint(self.server.pid, self.port, f"http://localhost:{self.port}/", True)

    def stop(self) -> None:
        self.server.stop()


def _version(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.split("\n")[0].split(" (")[0].removeprefix("deno ").lstrip("v")


class Node(Runtime):
    """Node's `http` server."""

    def __init__(self, folder: Path):
        super().__init__(["node", str(FOLDER / "plugins/node-server.js")], folder)

    @staticmethod
    def version() -> str:
        return _version(["node", "--version"])


class Deno(Runtime):
    """`Deno.serve`."""

    def __init__(self, folder: Path):
        script = str(FOLDER / "plugins/deno-server.js")
        deno = program("deno", "deno") or "deno"
        super().__init__([deno, "run", "--allow-net=127.0.0.1", "--no-prompt", script], folder)

    @staticmethod
    def version() -> str:
        return _version([program("deno", "deno") or "deno", "--version"])


RUNTIMES = {"node": Node, "deno": Deno}
