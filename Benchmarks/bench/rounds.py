"""Alternating rounds of a case, and what they come to."""

import sys
from dataclasses import dataclass, field
from statistics import median

from .cases import Case
from .fleet import Fleet
from .load import Sample, measure


@dataclass(frozen=True)
class Plan:
    """How long and how often, in seconds."""

    rounds: int
    seconds: float
    warm_up: float = 0.3
    first_warm_up: float = 1.0


FULL = Plan(rounds=5, seconds=1.8)
QUICK = Plan(rounds=2, seconds=0.8, first_warm_up=0.6)


@dataclass
class CaseResult:
    case: Case
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, subject: str, figure: str) -> float:
        return median(getattr(sample, figure) for sample in self.samples[subject])

    def ratio(self, subject: str) -> float | None:
        """The subject's CPU time for a request, divided by the first subject's."""
        first = self.case.subjects[0]
        if not self.samples.get(first) or not self.samples.get(subject):
            return None
        base = self.median(first, "cpu_us")
        return self.median(subject, "cpu_us") / base if base > 0 else None


def run_case(case: Case, fleet: Fleet, peers: list[str], plan: Plan) -> CaseResult:
    """Measures every subject once a round, each round beginning with another one."""
    result = CaseResult(case)
    subjects = [name for name in case.subjects if name in peers or name.startswith("valor")]
    for number in range(plan.rounds):
        shift = number % len(subjects)
        for subject in subjects[shift:] + subjects[:shift]:
            if subject in result.failures:
                continue
            warm_up = plan.first_warm_up if number == 0 else plan.warm_up
            try:
                endpoint = case.endpoint(fleet, subject)
                sample = measure(endpoint, case.mode, warm_up, plan.seconds)
            except RuntimeError as error:
                print(f"{case.name}, {subject}: {error}", file=sys.stderr, flush=True)
                result.failures[subject] = str(error).splitlines()[0]
                result.samples.pop(subject, None)
                continue
            result.samples.setdefault(subject, []).append(sample)
    return result
