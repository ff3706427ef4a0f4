"""mitmproxy: mitmdump, which shows and keeps nothing here and streams large bodies."""

import subprocess
from pathlib import Path

from ..certificates import Certificates
from ..endpoint import Endpoint
from ..origin import Origin
from ..paths import mitmdump
from ..processes import Server, free_port, wait_for_port


class Mitmproxy:
    """A running mitmdump."""

    def __init__(self, folder: Path, certificates: Certificates, origin: Origin):
        folder.mkdir()
        self.origin = origin
        self.authority = folder / "mitmproxy-ca-cert.pem"
        self.port = free_port()
        settings = {
            "confdir": folder,
            "ssl_verify_upstream_trusted_ca": certificates.authority,
            "stream_large_bodies": "1m",
            "connection_strategy": "lazy",
        }
        arguments = [mitmdump(), "-q", "--listen-host", "127.0.0.1", "-p", str(self.port)]
        for name, value in settings.items():
            arguments += ["--set", f"{name}={value}"]
        log = folder / "log"
        self.server = Server(arguments, log)
        wait_for_port(self.port, self.server.process, log, seconds=60)

    def endpoint(self, is_secure: bool, path: str) -> Endpoint:
        authority = self.authority if is_secure else None
        url = self.origin.url(is_secure, path)
        return Endpoint(self.server.pid, self.port, url, False, authority)

    @staticmethod
    def version() -> str:
        result = subprocess.run([mitmdump(), "--version"], capture_output=True, text=True)
        return result.stdout.splitlines()[0].split()[-1]

    def stop(self) -> None:
        self.server.stop()
