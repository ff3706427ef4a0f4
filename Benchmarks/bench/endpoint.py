"""Where load goes: one server in one of its roles."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Endpoint:
    """What the load generator has to know of a server.

    ``url`` is asked for at ``port`` of loopback. ``is_direct``: the server answers itself, it is no
    forward proxy. ``authority``: the certificate that an https URL's certificate is verified with.
    ``pid`` is the root of the process tree that is measured.
    """

    pid: int
    port: int
    url: str
    is_direct: bool = False
    authority: Path | None = None
