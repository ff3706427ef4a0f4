"""Throw-away certificates for one run: an authority and a certificate for localhost."""

import subprocess
from pathlib import Path

CONFIGURATION = """\
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


class Certificates:
    """P-256 keys and certificates in a folder.

    Attributes are paths: ``authority`` and ``authority_key``, ``leaf`` and ``leaf_key``, and
    ``authority_bundle``, which holds the authority with its key.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.folder = folder
        self.configuration = folder / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION)
        self.authority, self.authority_key = self._make("authority", "Benchmark authority")
        self.leaf, self.leaf_key = self._make("leaf", "localhost", signed=True)
        self.authority_bundle = folder / "authority-bundle.pem"
        self.authority_bundle.write_text(
            self.authority_key.read_text() + self.authority.read_text()
        )

    def _make(self, name: str, common_name: str, signed: bool = False) -> tuple[Path, Path]:
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"
        request = self.folder / f"{name}.csr"
        run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        run("req", "-new", "-key", key, "-subj", f"/CN={common_name}", "-out", request)
        signer = ["-signkey", key]
        if signed:
            signer = ["-CA", self.authority, "-CAkey", self.authority_key, "-CAcreateserial"]
        run(
            "x509", "-req", "-in", request, "-days", "2", *signer,
            "-extfile", self.configuration, "-extensions", name, "-out", certificate,
        )  # fmt: skip
        return certificate, key


def run(*arguments: object) -> None:
    """Runs openssl; what it says matters only where it fails."""
    result = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed:\n{result.stderr}")
