"""What keeps pools in order while nobody acts on them: recover, promote, trim, repair, pause.

Every coordinator sweeps, and the workers' supervisors where none lives. Any number may do so at
once: each script does nothing where there is nothing to do.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from skedulr import commands
from skedulr.aio import AsyncClient
from skedulr.commands import Read, Recovered, Steps
from skedulr.commands.base import Argument
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys

MOST_CALLS: Final = 20
"""Calls of one script for one pool in one round, while it says that there is more."""

TRIM_EVERY: Final = 60.0
REPAIR_EVERY: Final = 2.0
"""Seconds between two checks of a page of a pool's running tasks: of 10,000 in 40 s."""
POOLS_AT_ONCE: Final = 50
JITTER: Final = 0.1

LONGEST_COORDINATING: Final = 10_000
"""Milliseconds for which a coordinator can say that it lives; more means that the clock was set
back, and that nobody knows.
"""


LEASE_MARGIN: Final = 0.005
"""Seconds after the end of a lease by which Redis surely sees it, for whom its time is whole ms."""


class PoolSight(NamedTuple):
    """What a look at a pool shows."""

    lease_end_ms: float
    """When the first lease of what runs there is over, 0 where nothing runs."""
    next_due_ms: int
    """When the earliest delayed task is due, 0 for none."""
    pause_version: int


class Sight(NamedTuple):
    """What a look at all pools shows."""

    now_ms: int
    """Redis' time."""
    names: frozenset[str]
    """All pools there are."""
    paused: int
    pause_version: int
    coordinated: bool
    """Whether a coordinator lives."""
    pools: dict[str, PoolSight]
    """Those that were looked at."""

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return any(seen.lease_end_ms for seen in self.pools.values())

    @property
    def lease_left(self) -> float:
        """Seconds until the first lease is over that holds by now; endless where there is none."""
        ends = (seen.lease_end_ms for seen in self.pools.values())
        first = min((end for end in ends if end > self.now_ms), default=math.inf)
        return (first - self.now_ms) / 1000 + LEASE_MARGIN


class Round(NamedTuple):
    """What a round of sweeps has seen, and so when the next one should follow."""

    busy: bool
    """Whether anything runs or was due, so that it should follow soon: recovery trusts only leases
    over which sweeps have watched without a gap of 3 s.
    """
    lease_left: float = math.inf
    """In how many seconds a lease may be over. Those of live workers are renewed before."""

    def rest(self, pause: float) -> float:
        """Seconds until the next round: the pause less up to a tenth by chance, so that sweepers do
        not act in step, or until the first lease may be over.
        """
        return min(pause * random.uniform(1 - JITTER, 1), self.lease_left)


def look(registry: RegistryKeys, pools: Sequence[PoolKeys]) -> Read[Sight]:
    """Whether these pools need a sweep, and which pools there are, in one trip."""
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
        sights = {
            keys.pool: PoolSight(_first_score(leases), int(_first_score(due)), int(known or 0))
            for keys, leases, due, known in zip(
                pools, seen[::3], seen[1::3], seen[2::3], strict=True
            )
        }
        return Sight(
            now_ms,
            frozenset(name.decode() for name in names),
            int(paused or 0),
            int(version or 0),
            bool(coordinator) and 0 < float(coordinator[1]) - now_ms <= LONGEST_COORDINATING,
            sights,
        )

    return Read(tuple(calls), parse)


def _first_score(members: list[bytes]) -> float:
    return float(members[1]) if members else 0.0


def recover(keys: PoolKeys) -> Steps[int]:
    """Take back the tasks of instances whose lease is over; answers how many."""
    tasks = 0
    for _ in range(MOST_CALLS):
        recovered: Recovered = yield commands.recover(keys)
        tasks += recovered.tasks
        if not recovered.more:
            break
    return tasks


def promote(keys: PoolKeys) -> Steps[None]:
    """Move due tasks into the queue."""
    yield from _while_more(lambda: commands.promote(keys))


def trim(keys: PoolKeys) -> Steps[None]:
    """Forget ended tasks that are too old or too many, and instances that are gone."""
    yield from _while_more(lambda: commands.trim(keys, 1000))


def copy_pause(keys: PoolKeys, paused: int, version: int) -> Steps[None]:
    """Give a pool the cluster's pause, unless it knows a newer one."""
    yield commands.control(keys, {"paused": paused}, version=version)


def _while_more(command: Callable[[], commands.Command[tuple[bool, int]]]) -> Steps[None]:
    for _ in range(MOST_CALLS):
        reply: tuple[bool, int] = yield command()
        if not reply[0]:
            break


class Sweeper:
    """Looks at all pools of a namespace, and sweeps those that need it; a ``deputy`` only while no
    coordinator lives.
    """

    def __init__(self, registry: RegistryKeys, namespace: str, *, deputy: bool = False) -> None:
        self._registry = registry
        self._namespace = namespace
        self._deputy = deputy
        self._known: frozenset[str] = frozenset()
        self._trimmed: dict[str, float] = {}
        self._repaired: dict[str, float] = {}
        self._pages: dict[str, str] = {}
        self.recovered = 0
        """Tasks taken back so far."""
        self.repaired = 0
        """What was put right so far; it should stay 0."""

    async def run_once(self, client: AsyncClient) -> Round:
        """Look and sweep; answers what it saw. Raises as ``AsyncClient.run``."""
        begun = time.monotonic()
        sight = await self._look(client)
        if sight.names - self._known:
            self._known = sight.names
            sight = await self._look(client)
        self._known = sight.names
        if self._deputy and sight.coordinated:
            return Round(sight.busy)
        busy = sight.busy
        for chunk in _chunks(list(sight.pools.items())):
            sweeps = (
                self._sweep(client, pool_keys(self._namespace, pool), sight, seen)
                for pool, seen in chunk
            )
            busy = any(await asyncio.gather(*sweeps)) or busy
        return Round(busy, max(0.0, sight.lease_left - (time.monotonic() - begun)))

    async def _look(self, client: AsyncClient) -> Sight:
        pools = [pool_keys(self._namespace, pool) for pool in sorted(self._known)]
        step = look(self._registry, pools)
        return step.parse(await client.ask(*step.calls))

    async def _sweep(
        self, client: AsyncClient, keys: PoolKeys, sight: Sight, seen: PoolSight
    ) -> bool:
        """Put one pool in order; answers whether anything was due there."""
        if seen.pause_version < sight.pause_version:
            await client.perform(copy_pause(keys, sight.paused, sight.pause_version))
        if seen.lease_end_ms:
            self.recovered += await client.perform(recover(keys))
            await self._repair(client, keys)
        due = 0 < seen.next_due_ms <= sight.now_ms
        if due:
            await client.perform(promote(keys))
        if self._is_time(self._trimmed, keys.pool, TRIM_EVERY):
            await client.perform(trim(keys))
        return due

    async def _repair(self, client: AsyncClient, keys: PoolKeys) -> None:
        """Check the next page of the running tasks: it costs the same, however many there are."""
        if not self._is_time(self._repaired, keys.pool, REPAIR_EVERY):
            return
        cursor = self._pages.get(keys.pool, "0")
        self._pages[keys.pool], repaired = await client.run(commands.repair(keys, cursor))
        self.repaired += repaired

    def _is_time(self, last: dict[str, float], pool: str, every: float) -> bool:
        now = time.monotonic()
        if now - last.get(pool, -every) < every:
            return False
        last[pool] = now
        return True


def _chunks(pools: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for first in range(0, len(pools), POOLS_AT_ONCE):
        yield pools[first : first + POOLS_AT_ONCE]
