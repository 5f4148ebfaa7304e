"""What code says of its jobs, for tasks that say nothing themselves: workers tell it, so that a
task can be shown with it where that code is not at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgpack

from skedulr import commands, values
from skedulr.commands import Read, Steps
from skedulr.errors import Undecodable
from skedulr.job import Job
from skedulr.keys import RegistryKeys

KEPT_MS: Final = 7 * 24 * 3600 * 1000
"""How long it counts after a worker has told it last."""

TOLD_EVERY: Final = 3600.0
"""Seconds between two times that a worker tells it."""


class JobFacts(NamedTuple):
    """What code says of a job; ``None`` where it says nothing, or nobody has told it."""

    timeout: float | None = None
    meta: dict[str, Any] | None = None


def telling(registry: RegistryKeys, jobs: Iterable[Job[..., Any]]) -> Steps[None]:
    """Tell what the code says of these jobs; what it said before and says no more is forgotten."""
    for job in jobs:
        says = job.timeout is not None or bool(job.meta)
        packed = msgpack.packb([job.timeout, values.dumps(job.meta)]) if says else b""
        yield commands.tell_job(registry, job.name, packed, KEPT_MS)


def of_job(registry: RegistryKeys, job: str, loads: Callable[[bytes], Any]) -> Steps[JobFacts]:
    """What workers have told of a job."""

    def parse(replies: list[Any]) -> JobFacts:
        if replies[0] is None:
            return JobFacts()
        timeout, meta, *_ = msgpack.unpackb(replies[0])
        try:
            return JobFacts(timeout, loads(meta) or None)
        except Undecodable:
            return JobFacts(timeout)

    return (yield Read((("HGET", registry.jobs, job),), parse))  # type: ignore[no-any-return]  # steps are untyped
