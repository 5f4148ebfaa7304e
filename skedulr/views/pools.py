"""Counts and settings of pools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgpack

from skedulr import operations
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, pairs, text
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.states import State
from skedulr.views.rows import DONE_KEYS


@dataclass(frozen=True, slots=True)
class PoolInfo:
    """A pool's counts and settings; a ``limit`` or ``max_capacity`` of ``None`` is none."""

    name: str
    counts: dict[State, int]
    paused: bool
    limit: int | None
    """How many of its tasks run at once in the cluster."""
    max_capacity: int | None
    """At how many unfinished tasks it refuses submissions."""
    instances: int
    slots: int
    """How many tasks its live instances can run at once."""
    totals: Mapping[str, int]
    """Counters since the pool exists: enqueued, started, succeeded, failed, dead, cancelled,
    retried, …
    """
    job_limits: Mapping[str, int]
    """How many tasks of a job run at once in the pool, by job, as somebody has set it or else as
    code says; a job that is not named has no limit.
    """

    @property
    def unfinished(self) -> int:
        """How many of its tasks have not ended, which is what ``max_capacity`` is about."""
        return sum(count for state, count in self.counts.items() if not state.terminal)


def read_pool(keys: PoolKeys) -> Steps[PoolInfo]:
    """Counts and settings of one pool."""
    return (yield Read(_pool_calls(keys), lambda replies: _pool_info(keys.pool, replies)))  # type: ignore[no-any-return]  # steps are untyped


def read_pools(namespace: str) -> Steps[list[PoolInfo]]:
    """Counts and settings of all pools, by name."""
    found = yield from operations.list_pools(RegistryKeys(namespace))
    calls = [_pool_calls(pool_keys(namespace, name)) for name in found]

    def parse(replies: list[Any]) -> list[PoolInfo]:
        size = len(replies) // len(found)
        return [
            _pool_info(name, replies[place * size : (place + 1) * size])
            for place, name in enumerate(found)
        ]

    if not found:
        return []
    return (yield Read(tuple(chain.from_iterable(calls)), parse))  # type: ignore[no-any-return]  # steps are untyped


def _pool_calls(keys: PoolKeys) -> tuple[tuple[Argument, ...], ...]:
    return (
        ("HLEN", keys.tasks),
        ("ZCARD", keys.due),
        ("ZCARD", keys.waiting),
        ("ZCARD", keys.running),
        *(("ZCARD", getattr(keys, name)) for name in DONE_KEYS.values()),
        ("HMGET", keys.meta, "paused", "pool_paused", "limit", "capacity"),
        ("HVALS", keys.inst),
        ("HGETALL", keys.stats),
        ("HGETALL", keys.limits),
    )


def _pool_info(name: str, replies: list[Any]) -> PoolInfo:
    stored, due, waiting, running, *ended = replies[:8]
    counts = {
        State.SCHEDULED: due,
        State.WAITING: waiting,
        State.RUNNING: running,
        **dict(zip(DONE_KEYS, ended, strict=True)),
    }
    counts[State.QUEUED] = max(0, stored - sum(counts.values()))
    paused, pool_paused, limit, capacity = replies[8]
    slots = [msgpack.unpackb(packed, raw=True)[3] for packed in replies[9]]
    totals = {counter.decode(): int(value) for counter, value in pairs(replies[10])}
    limits = {text(job): int(most) for job, most in sorted(pairs(replies[11]))}
    return PoolInfo(
        name,
        {state: counts.get(state, 0) for state in State},
        b"1" in (paused, pool_paused),
        None if limit is None else int(limit),
        None if capacity is None else int(capacity),
        len(slots),
        sum(slots),
        totals,
        limits,
    )
