"""One look at all pools, in one trip: which of them need a sweep, and when they will."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from skedulr.commands import Read
from skedulr.commands.base import Argument
from skedulr.keys import PoolKeys, RegistryKeys

LONGEST_COORDINATING: Final = 10_000
"""Milliseconds for which a coordinator can say that it lives; more means that the clock was set
back, and that nobody knows.
"""

LEASE_MARGIN: Final = 0.005
"""Seconds after the end of a lease by which Redis surely sees it, for whom its time is whole ms."""


class Pause(NamedTuple):
    """Whether the cluster pauses, and which change of that it is."""

    paused: int
    version: int


class PoolSight(NamedTuple):
    """What a look at a pool shows."""

    keys: PoolKeys
    lease_end_ms: float
    """When the first lease of what runs there is over, 0 where nothing runs."""
    is_due: bool
    """Whether a delayed task is due."""
    news: Pause | None
    """The cluster's pause, where the pool knows an older one."""


class Sight(NamedTuple):
    """What a look at all pools shows."""

    now_ms: int
    """Redis' time."""
    names: frozenset[str]
    """All pools there are."""
    coordinated: bool
    """Whether a coordinator lives."""
    pools: Sequence[PoolSight]
    """Those that were looked at."""

    @property
    def busy(self) -> bool:
        """Whether anything runs or is due."""
        return any(pool.lease_end_ms or pool.is_due for pool in self.pools)

    @property
    def lease_left(self) -> float:
        """Seconds until the first lease is over that holds by now; endless where there is none."""
        ends = (pool.lease_end_ms for pool in self.pools)
        first = min((end for end in ends if end > self.now_ms), default=math.inf)
        return (first - self.now_ms) / 1000 + LEASE_MARGIN


def look(registry: RegistryKeys, pools: Sequence[PoolKeys]) -> Read[Sight]:
    """Whether these pools need a sweep, and which pools there are."""
    calls: list[tuple[Argument, ...]] = [
        ("TIME",),
        ("SMEMBERS", registry.pools),
        ("HMGET", registry.control, "paused", "version"),
        ("ZRANGE", registry.coordinating, 0, 0, "REV", "WITHSCORES"),
    ]
    for keys in pools:
        calls.append(("ZRANGE", keys.lease, 0, 0, "WITHSCORES"))
        calls.append(("ZRANGE", keys.due, 0, 0, "WITHSCORES"))
        calls.append(("HGET", keys.meta, "pause_version"))

    def parse(replies: list[Any]) -> Sight:
        (seconds, micros), names, (paused, version), coordinator, *seen = replies
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        pause = Pause(int(paused or 0), int(version or 0))
        rows = zip(pools, seen[::3], seen[1::3], seen[2::3], strict=True)
        sights = [
            PoolSight(
                keys,
                _first_score(leases),
                0 < _first_score(due) <= now_ms,
                pause if int(known or 0) < pause.version else None,
            )
            for keys, leases, due, known in rows
        ]
        return Sight(
            now_ms,
            frozenset(name.decode() for name in names),
            bool(coordinator) and 0 < float(coordinator[1]) - now_ms <= LONGEST_COORDINATING,
            sights,
        )

    return Read(tuple(calls), parse)


def _first_score(members: list[bytes]) -> float:
    return float(members[1]) if members else 0.0
