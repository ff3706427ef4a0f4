"""What is measured. A new case is one more entry of CASES."""

from collections.abc import Callable
from dataclasses import dataclass

from .endpoint import Endpoint
from .fleet import Fleet
from .load import LARGE_BODY_CONNECTIONS, Mode
from .origin import LARGE_BYTES, SMALL_BODY
from .peers import PEERS
from .peers.runtimes import RUNTIMES

SMALL = len(SMALL_BODY)


@dataclass(frozen=True)
class Case:
    """One comparison.

    ``subjects`` names the servers in the order of the table, the one the others are compared with
    first. ``endpoint`` starts a subject where that has not been done and says where its load goes.
    ``goals``: valor's CPU time is to be at most so many times that of the subject.
    """

    name: str
    title: str
    mode: Mode
    subjects: tuple[str, ...]
    endpoint: Callable[[Fleet, str], Endpoint]
    goals: dict[str, float]


def relay(
    name: str, title: str, is_secure: bool, path: str, mode: Mode, goals: dict[str, float]
) -> Case:
    """A case that every proxy takes part in."""

    def endpoint(fleet: Fleet, subject: str) -> Endpoint:
        return fleet.peer(subject).endpoint(is_secure, path)

    return Case(name, title, mode, tuple(PEERS), endpoint, goals)


def plugin_endpoint(fleet: Fleet, subject: str) -> Endpoint:
    if subject in RUNTIMES:
        return fleet.runtime(subject).endpoint()
    return fleet.valor_with_plugin.plugin_endpoint("http://plugin.example:80/")


def unclaimed_endpoint(fleet: Fleet, subject: str) -> Endpoint:
    valor = fleet.peer("valor") if subject == "valor" else fleet.valor_with_ten_plugins
    return valor.endpoint(False, "/small")


FEW = {"nginx": 1.1, "squid": 1 / 5, "mitmproxy": 1 / 100}
NEW = {"nginx": 1.5, "squid": 1 / 5, "mitmproxy": 1 / 15}
LARGE = {"nginx": 1.2}
LARGE_BODY = Mode(LARGE_BYTES, connections=LARGE_BODY_CONNECTIONS)

CASES = [
    relay("http", "Forwarded HTTP, keep-alive", False, "/small", Mode(SMALL), FEW),
    relay("https", "Intercepted HTTPS, keep-alive", True, "/small", Mode(SMALL), FEW),
    relay(
        "new", "New intercepted connections, a full handshake each", True, "/small",
        Mode(SMALL, is_new_each=True), NEW,
    ),
    relay(
        "resumed", "New intercepted connections, TLS sessions offered for resumption", True,
        "/small", Mode(SMALL, is_new_each=True, resumes=True), {},
    ),
    relay("body", "Bodies of 10 MB, plain", False, "/large", LARGE_BODY, LARGE),
    relay("tls-body", "Bodies of 10 MB, intercepted", True, "/large", LARGE_BODY, LARGE),
    Case(
        "plugin", "A plugin's short answer over HTTP, keep-alive", Mode(SMALL),
        ("valor", *RUNTIMES), plugin_endpoint, {"node": 1.0},
    ),
    Case(
        "unclaimed", "Forwarded HTTP that no plugin claims", Mode(SMALL),
        ("valor", "valor with ten plugins"), unclaimed_endpoint, {},
    ),
]  # fmt: skip
COLD_START = "cold-start"
CASE_NAMES = [case.name for case in CASES] + [COLD_START]
