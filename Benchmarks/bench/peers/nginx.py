"""nginx as a reverse proxy: plain to plain, and TLS to TLS with verified origin certificates."""

import subprocess
from pathlib import Path

from ..certificates import Certificates
from ..endpoint import Endpoint
from ..origin import ENDLESS, Origin, temporary_paths, user_line
from ..processes import Server, free_port, wait_for_port

# Bodies are passed on in large buffers and never written to disk, which is slower.
CONFIGURATION = """\
{user}
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  {endless}
  {temporary_paths}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_max_temp_file_size 0;
  proxy_buffers 16 32k;
  upstream plain {{ server 127.0.0.1:{origin.plain}; keepalive 64; {endless} }}
  upstream tls {{ server 127.0.0.1:{origin.tls}; keepalive 64; {endless} }}
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    location / {{ proxy_pass http://plain; }}
  }}
  server {{
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificates.leaf};
    ssl_certificate_key {certificates.leaf_key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets on;
    location / {{
      proxy_pass https://tls;
      proxy_ssl_name localhost;
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.2 TLSv1.3;
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate {certificates.authority};
    }}
  }}
}}
"""


class Nginx:
    """A running nginx with a port for plain HTTP and one for TLS."""

    def __init__(self, folder: Path, certificates: Certificates, origin: Origin):
        folder.mkdir()
        self.origin, self.authority = origin, certificates.authority
        self.plain, self.tls = free_port(), free_port()
        configuration, log = folder / "nginx.conf", folder / "log"
        configuration.write_text(
            CONFIGURATION.format(
                user=user_line(), folder=folder, endless=ENDLESS, plain=self.plain, tls=self.tls,
                certificates=certificates, origin=origin, temporary_paths=temporary_paths(folder),
            )
        )  # fmt: skip
        self.server = Server(["nginx", "-e", str(log), "-c", str(configuration)], log)
        wait_for_port(self.tls, self.server.process, log)

    def endpoint(self, is_secure: bool, path: str) -> Endpoint:
        port, authority = (self.tls, self.authority) if is_secure else (self.plain, None)
        return Endpoint(self.server.pid, port, self.origin.url(is_secure, path), True, authority)

    @staticmethod
    def version() -> str:
        result = subprocess.run(["nginx", "-v"], capture_output=True, text=True)
        return result.stderr.strip().split("/")[-1]

    def stop(self) -> None:
        self.server.stop()
