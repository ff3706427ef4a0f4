"""The tables, as Markdown."""

import datetime
import os
import platform
from pathlib import Path

from .cold_start import ColdStart
from .load import CONNECTIONS, LARGE_BODY_CONNECTIONS
from .peers import PEERS
from .peers.runtimes import RUNTIMES
from .rounds import CaseResult, Plan

# What stands in the results from here on was written by hand and is kept.
NOTES = "## Notes"


def figure(value: float) -> str:
    """Three digits that count, thousands separated."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def table(head: list[str], rows: list[list[str]]) -> str:
    """The first column is text, the others are numbers."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join(row(cells) for cells in [head, rule, *rows])


def case_row(result: CaseResult, subject: str) -> list[str]:
    samples = result.samples[subject]
    ratio = result.ratio(subject)
    cpu = [sample.cpu_us for sample in samples]
    return [
        subject,
        figure(result.median(subject, "cpu_us")),
        f"{figure(min(cpu))} – {figure(max(cpu))}",
        f"{figure(ratio)} ×" if ratio is not None else "",
        figure(result.median(subject, "rate")),
        figure(result.median(subject, "p50_ms")),
        figure(result.median(subject, "p99_ms")),
    ]


def case_section(result: CaseResult) -> str:
    case = result.case
    head = [
        "", "CPU µs/request", "lowest – highest round", f"CPU against {case.subjects[0]}",
        "requests/s", "p50 ms", "p99 ms",
    ]  # fmt: skip
    rows = [case_row(result, name) for name in case.subjects if name in result.samples]
    if case.mode.is_new_each:
        head.append("sessions resumed")
        names = [name for name in case.subjects if name in result.samples]
        for cells, name in zip(rows, names):
            cells.append(f"{result.median(name, 'resumed_share'):.0%}")
    rows += [
        [name, f"failed: {problem}"] + [""] * (len(head) - 2)
        for name, problem in result.failures.items()
    ]
    return f"### {case.title} (`{case.name}`)\n\n{table(head, rows)}"


def cold_start_section(results: list[ColdStart]) -> str:
    head = ["", "first request ms", "slowest ms", "second request ms", "CPU ms of a start"]
    rows = [
        [result.label]
        + [
            figure(value)
            for value in [result.cold_ms, result.cold_max_ms, result.warm_ms, result.cpu_ms]
        ]
        for result in results
    ]
    return f"### A plugin whose worker is not running (`cold-start`)\n\n{table(head, rows)}"


def goal_text(peer: str, limit: float) -> str:
    return f"at most {limit:g} × {peer}" if limit >= 1 else f"at least {1 / limit:g} × below {peer}"


def goals_section(results: list[CaseResult]) -> str | None:
    """Which goals are reached, by CPU time for a request."""
    rows = []
    for result in results:
        for peer, limit in result.case.goals.items():
            ratio = result.ratio(peer)
            if not ratio:
                continue
            measured = f"{1 / ratio:.2f} ×" if limit >= 1 else f"{ratio:.1f} × below"
            verdict = "yes" if 1 / ratio <= limit else "**no**"
            rows.append([result.case.name, goal_text(peer, limit), measured, verdict])
    if not rows:
        return None
    return "### Goals\n\n" + table(["case", "valor's CPU time", "measured", "reached"], rows)


def sections(results: list[CaseResult], cold_start: list[ColdStart] | None) -> str:
    parts = [goals_section(results)] + [case_section(result) for result in results]
    parts.append(cold_start_section(cold_start) if cold_start else None)
    return "\n\n".join(part for part in parts if part)


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def operating_system() -> str:
    names = platform.freedesktop_os_release()
    return names.get("PRETTY_NAME", "Linux")


def machine_section(peers: list[str], plan: Plan, load_average: float) -> str:
    versions = {name: peer.version() for name, peer in PEERS.items() if name in peers}
    versions |= {
        name.capitalize(): peer.version() for name, peer in RUNTIMES.items() if name in peers
    }
    lines = [
        f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- machine: {os.cpu_count()} cores, {processor()}",
        f"- system: {operating_system()}, kernel {platform.release()}",
        f"- load average before the run: {load_average:.2f}",
        f"- {CONNECTIONS} connections, {LARGE_BODY_CONNECTIONS} for large bodies; medians of "
        f"{plan.rounds} alternating rounds of {plan.seconds:g} seconds",
        *(f"- {name} {version}" for name, version in versions.items()),
    ]
    return "\n".join(lines)


def results_file(machine: str, tables: str, previous: str) -> str:
    """The whole of RESULTS.md, with the notes of the one before."""
    start = previous.find(NOTES)
    notes = previous[start:] if start >= 0 else f"{NOTES}\n\nNone.\n"
    return (
        "# Results\n\n"
        "Written by `Benchmarks/run`; [README.md](README.md) says how to read it.\n\n"
        f"{machine}\n\n{tables}\n\n{notes}"
    )
