"""squid: a forward proxy without a cache, one port that opens TLS and one that does not."""

import os
import shutil
import subprocess
from pathlib import Path

from ..certificates import Certificates
from ..endpoint import Endpoint
from ..origin import Origin
from ..processes import Server, free_port, wait_for_port

HELPER = "/usr/lib/squid/security_file_certgen"
# squid started by root does its work as this user of Debian's package.
USER = "proxy"

CONFIGURATION = """\
http_port 127.0.0.1:{plain}
http_port 127.0.0.1:{tls} ssl-bump tls-cert={folder}/authority.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program {helper} -s {folder}/certificates -M 4MB
ssl_bump bump all
tls_outgoing_options cafile={folder}/origin-authority.pem
http_access allow all
cache deny all
access_log none
cache_store_log none
cache_log {folder}/cache.log
pid_filename {folder}/squid.pid
coredump_dir {folder}
netdb_filename none
pinger_enable off
visible_hostname localhost
shutdown_lifetime 0 seconds
"""


class Squid:
    """A running squid."""

    def __init__(self, folder: Path, certificates: Certificates, origin: Origin):
        folder.mkdir()
        self.origin, self.authority = origin, certificates.authority
        self.plain, self.tls = free_port(), free_port()
        shutil.copy(certificates.authority_bundle, folder / "authority.pem")
        shutil.copy(certificates.authority, folder / "origin-authority.pem")
        configuration, log = folder / "squid.conf", folder / "log"
        configuration.write_text(
            CONFIGURATION.format(plain=self.plain, tls=self.tls, folder=folder, helper=HELPER)
        )
        subprocess.run(
            [HELPER, "-c", "-s", str(folder / "certificates"), "-M", "4MB"],
            check=True, capture_output=True,
        )  # fmt: skip
        if os.getuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                shutil.chown(path, USER)
        self.server = Server(["squid", "-N", "-f", str(configuration)], log)
        wait_for_port(self.tls, self.server.process, log)

    def endpoint(self, is_secure: bool, path: str) -> Endpoint:
        port, authority = (self.tls, self.authority) if is_secure else (self.plain, None)
        return Endpoint(self.server.pid, port, self.origin.url(is_secure, path), False, authority)

    @staticmethod
    def version() -> str:
        result = subprocess.run(["squid", "-v"], capture_output=True, text=True)
        return result.stdout.splitlines()[0].split()[-1]

    def stop(self) -> None:
        self.server.stop()
