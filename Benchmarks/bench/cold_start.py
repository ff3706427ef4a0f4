"""How long the first request for a plugin takes whose worker process is not running."""

import time
from dataclasses import dataclass
from statistics import median

from .fleet import PLUGIN_COUNT, Fleet, plugin_url
from .load import request_once
from .peers.valor import Valor
from .processes import cpu_seconds, name_of, tree

# Workers end by themselves 30 seconds after their last event.
IDLE_LIMIT_SECONDS = 60
SPARE_NAME = "valor:spare"


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds: medians of the plugins' first and second request; CPU time of a start."""

    label: str
    cold_ms: float
    cold_max_ms: float
    warm_ms: float
    cpu_ms: float


def run_cold_start(fleet: Fleet) -> list[ColdStart]:
    return [
        measure("a process waits", fleet.valor_with_ten_plugins, spares=1),
        measure("`--spare-workers 0`", fleet.valor_without_spares, spares=0),
    ]


def children_named(valor: Valor) -> list[str]:
    return [name_of(pid) for pid in tree(valor.server.pid) if pid != valor.server.pid]


def wait_until(is_so, problem: str) -> None:
    deadline = time.monotonic() + IDLE_LIMIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(problem)
        time.sleep(0.1)


def measure(label: str, valor: Valor, spares: int) -> ColdStart:
    """Waits until the workers have ended, then asks each plugin twice, one after the other."""

    def is_at_rest() -> bool:
        names = children_named(valor)
        return all(name == SPARE_NAME for name in names) and len(names) == spares

    def has_spares() -> bool:
        return children_named(valor).count(SPARE_NAME) == spares

    def ask_all() -> list[float]:
        times = []
        for number in range(PLUGIN_COUNT):
            endpoint = valor.plugin_endpoint(plugin_url(number).removesuffix("/") + ":80/")
            wait_until(has_spares, "no process waits")
            # A waiting process has its name before it is ready.
            time.sleep(0.3 if spares else 0)
            times.append(request_once(endpoint))
        return times

    wait_until(is_at_rest, "the idle workers do not end")
    before = cpu_seconds(valor.server.pid)
    cold = ask_all()
    cpu = cpu_seconds(valor.server.pid) - before
    warm = ask_all()
    return ColdStart(label, median(cold), max(cold), median(warm), cpu / PLUGIN_COUNT * 1e3)
