"""The origin behind every proxy: nginx with a short answer and a large file, plain and TLS."""

import getpass
import os
from pathlib import Path

from .certificates import Certificates
from .processes import Server, free_port, wait_for_port

SMALL_BODY = "A short answer, as an API gives it: " + "0123456789" * 6 + "\n"
LARGE_BYTES = 10_000_000

# Connections are never given up because of their age or use: both roles of nginx here have it.
ENDLESS = "keepalive_requests 1000000000; keepalive_time 1d; keepalive_timeout 1h;"

CONFIGURATION = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  {endless}
  default_type text/plain;
  {temporary_paths}
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificates.leaf};
    ssl_certificate_key {certificates.leaf_key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets on;
    location = /small {{ return 200 "{small}"; }}
    location = /large {{ root {folder}; }}
  }}
}}
"""


def user_line() -> str:
    """nginx started by root would drop to a user who cannot read the run's folder."""
    return f"user {getpass.getuser()};" if os.getuid() == 0 else ""


def temporary_paths(folder: Path) -> str:
    """Where nginx keeps temporary files: its own default is for root alone."""
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


class Origin:
    """nginx on loopback; ``plain`` and ``tls`` are its ports."""

    def __init__(self, folder: Path, certificates: Certificates):
        folder.mkdir()
        self.plain, self.tls = free_port(), free_port()
        (folder / "large").write_bytes(os.urandom(LARGE_BYTES))
        configuration = folder / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                user=user_line(), folder=folder, endless=ENDLESS, plain=self.plain, tls=self.tls,
                certificates=certificates, small=SMALL_BODY.strip() + "\\n",
                temporary_paths=temporary_paths(folder),
            )
        )  # fmt: skip
        log = folder / "log"
        self.server = Server(["nginx", "-e", str(log), "-c", str(configuration)], log)
        wait_for_port(self.tls, self.server.process, log)

    def url(self, is_secure: bool, path: str) -> str:
        scheme, port = ("https", self.tls) if is_secure else ("http", self.plain)
        return f"{scheme}://localhost:{port}{path}"

    def stop(self) -> None:
        self.server.stop()
