"""What skedulr has to reach: which peers it is measured with, and the bars it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

SKEDULR: Final = "skedulr"


class Sense(Enum):
    """Which way a figure is better."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit on one figure: a number, or a multiple of what the best of some peers reaches."""

    metric: str
    sense: Sense
    limit: float
    against: tuple[str, ...] = ()

    def best_of(self, values: list[float]) -> float:
        return max(values) if self.sense is Sense.AT_LEAST else min(values)

    def holds(self, value: float, base: float) -> bool:
        limit = self.limit * base
        return value >= limit if self.sense is Sense.AT_LEAST else value <= limit


@dataclass(frozen=True, slots=True)
class Comparison:
    """One workload that skedulr and some peers go through in turns."""

    workload: str
    jobs: int
    peers: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def everyone(self) -> tuple[str, ...]:
        return (SKEDULR, *self.peers)


def at_least(metric: str, limit: float, *against: str) -> Bar:
    return Bar(metric, Sense.AT_LEAST, limit, against)


def at_most(metric: str, limit: float, *against: str) -> Bar:
    return Bar(metric, Sense.AT_MOST, limit, against)


# Those that acknowledge a task only when it has run. streaQ, RQ and Celery (late) do so as well,
# at half the speed of these or less, which would only make the run longer.
ACKNOWLEDGING: Final = ("taskiq:stream", "dramatiq", "docket", "saq", "arq")
PRODUCERS: Final = (
    *("bullmq", "taskiq:list", "taskiq:stream", "dramatiq", "docket", "saq", "arq", "streaq"),
    *("celery:solo", "rq"),
)
IDLE: Final = ("huey", "taskiq:list", "taskiq:stream", "bullmq", "saq", "docket", "celery:solo")

COMPARISONS: Final = {
    # Two of drain, since what takes BullMQ seconds takes the Python peers minutes.
    "drain": Comparison(
        "drain",
        60_000,
        ("bullmq", "reference"),
        (
            at_least("jobs_per_s", 1.5, "bullmq"),
            at_most("redis_cpu_s_per_10k", 0.3),
            at_most("redis_reads_per_job", 0.1),
        ),
    ),
    "drain-python": Comparison(
        "drain", 30_000, ACKNOWLEDGING, (at_least("jobs_per_s", 6, *ACKNOWLEDGING),)
    ),
    "enqueue": Comparison(
        "enqueue",
        10_000,
        ("huey", *PRODUCERS),
        (
            at_least("single_jobs_per_s", 0.85, "huey"),
            at_least("single_jobs_per_s", 1, *PRODUCERS),
            at_least("bulk_jobs_per_s", 3, "bullmq"),
            at_most("single_redis_bytes_per_job", 350),
        ),
    ),
    "latency": Comparison(
        "latency", 300, IDLE, (at_most("p50_ms", 1.3, *IDLE), at_most("p99_ms", 3))
    ),
    "delay": Comparison(
        "delay", 300, ("arq", "docket"), (at_most("p99_late_ms", 5), at_most("early", 0))
    ),
    "priority": Comparison(
        "priority", 2_000, (), (at_most("misplaced_percent", 0), at_most("fifo_breaks_percent", 0))
    ),
}

IDLE_TRIPS: Final = at_most("trips_per_s", 1)
CHILD_MEMORY: Final = at_most("child_pss_mib", 60)
