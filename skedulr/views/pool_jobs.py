"""The jobs of a pool: those that its workers know, and those that somebody has limited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, pairs, text
from skedulr.errors import Undecodable
from skedulr.flows.mapping import GATHER, MAP
from skedulr.keys import PoolKeys
from skedulr.record import decode
from skedulr.states import State

_AT_ONCE: Final = 500
"""Records that one trip asks for, so that Redis serves others in between."""


@dataclass(frozen=True, slots=True)
class PoolJob:
    """A job in a pool; a limit of ``None`` is none."""

    pool: str
    name: str
    limit: int | None
    """How many of its tasks run at once, as somebody has set it or else as code says."""
    limit_in_code: int | None
    """What code says of that."""
    running: int


def read_pool_jobs(keys: PoolKeys) -> Steps[list[PoolJob]]:
    """The jobs of one pool, by name; those that no worker knows any more are left out in time, and
    those that make a mapping unless they run or are limited.
    """
    calls = (
        ("HVALS", keys.classes),
        ("HGETALL", keys.limits),
        ("HGETALL", keys.declared),
        ("ZRANGE", keys.running, 0, -1),
    )
    classes, set_limits, said_limits, ids = yield Read(calls, list)
    limits, said = _numbers(set_limits), _numbers(said_limits)
    running = yield from _running(keys, ids)
    return [
        PoolJob(keys.pool, job, limits.get(job), said.get(job), running[job])
        for job in sorted(_known(classes) - {MAP, GATHER} | limits.keys() | running.keys())
    ]


def _known(classes: Iterable[bytes]) -> set[str]:
    """The jobs of all classes of workers; a class is ``wire kind /job/job/``."""
    lists = (text(each).split(" ", 2)[2] for each in classes)
    return {job for jobs in lists for job in jobs.split("/") if job}


def _numbers(flat: Sequence[bytes]) -> dict[str, int]:
    return {text(job): int(most) for job, most in pairs(flat)}


def _running(keys: PoolKeys, ids: Sequence[bytes]) -> Steps[Counter[str]]:
    """How many tasks of each job run."""
    found = Counter[str]()
    for start in range(0, len(ids), _AT_ONCE):
        call: tuple[Argument, ...] = ("HMGET", keys.tasks, *ids[start : start + _AT_ONCE])
        found.update((yield Read((call,), lambda replies: _jobs_of(replies[0]))))
    return found


def _jobs_of(records: Iterable[Any]) -> list[str]:
    jobs = []
    for data in records:
        try:
            record = decode(data or b"")
        except Undecodable:  # it has gone, or is of a newer format
            continue
        if record.state is State.RUNNING:
            jobs.append(record.text("job"))
    return jobs
