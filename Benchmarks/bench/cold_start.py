"""How long the first request for a plugin takes whose worker process is not running."""

import time
from dataclasses import dataclass
from statistics import median

from .fleet import PLUGIN_COUNT, Fleet, plugin_url
from .load import request_once
from .processes import cpu_seconds, tree

# Workers end by themselves 30 seconds after their last event.
IDLE_LIMIT_SECONDS = 60


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds: medians of the plugins' first and second request; CPU time of a start."""

    cold_ms: float
    cold_max_ms: float
    warm_ms: float
    cpu_ms: float


def run_cold_start(fleet: Fleet) -> ColdStart:
    """Waits until the workers have ended, then asks each plugin twice."""
    valor = fleet.valor_with_ten_plugins
    deadline = time.monotonic() + IDLE_LIMIT_SECONDS
    while len(tree(valor.server.pid)) > 1:
        if time.monotonic() > deadline:
            raise RuntimeError("the idle workers do not end")
        time.sleep(0.2)

    def ask_all() -> list[float]:
        endpoints = [
            valor.plugin_endpoint(plugin_url(number).removesuffix("/") + ":80/")
            for number in range(PLUGIN_COUNT)
        ]
        return [request_once(endpoint) for endpoint in endpoints]

    before = cpu_seconds(valor.server.pid)
    cold = ask_all()
    cpu = cpu_seconds(valor.server.pid) - before
    warm = ask_all()
    return ColdStart(median(cold), max(cold), median(warm), cpu / PLUGIN_COUNT * 1e3)
