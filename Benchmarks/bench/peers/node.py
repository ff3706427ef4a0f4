"""Node's own `http` server, which answers what the plugin answers."""

import subprocess
from pathlib import Path

from ..endpoint import Endpoint
from ..paths import FOLDER
from ..processes import Server, free_port, wait_for_port


class Node:
    """A running Node."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.port = free_port()
        log = folder / "log"
        self.server = Server(["node", str(FOLDER / "plugins/node-server.js"), str(self.port)], log)
        wait_for_port(self.port, self.server.process, log)

    def endpoint(self) -> Endpoint:
        return Endpoint(self.server.pid, self.port, f"http://localhost:{self.port}/", True)

    @staticmethod
    def version() -> str:
        result = subprocess.run(["node", "--version"], capture_output=True, text=True)
        return result.stdout.strip().lstrip("v")

    def stop(self) -> None:
        self.server.stop()
