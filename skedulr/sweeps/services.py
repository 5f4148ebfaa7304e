"""The sweeps: each a small service that puts one thing of a pool in order, in bounded steps.

All of them get what one look shows, so that none has to ask Redis whether there is something to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

from skedulr import commands
from skedulr.commands import Command
from skedulr.keys import PoolKeys
from skedulr.sweeps.look import PoolSight
from skedulr.transport.aio import AsyncClient

MOST_CALLS: Final = 20
"""Calls of one script for one pool in one round, while it says that there is more."""

TRIM_EVERY: Final = 60.0
REPAIR_EVERY: Final = 2.0
"""Seconds between two checks of a page of a pool's running tasks: of 10,000 in 40 s."""


class Sweep(Protocol):
    """One of the sweeps."""

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """Sweep the pool, if it needs that; answers how many tasks that has put right, 0 where it
        does not count them. Raises as ``AsyncClient.run``.
        """


class Pauses:
    """Copies the cluster's pause to pools that know an older one."""

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """See ``Sweep``."""
        if pool.news is not None:
            paused = {"paused": pool.news.paused}
            await client.run(commands.control(pool.keys, paused, version=pool.news.version))
        return 0


class Recovery:
    """Takes back the tasks of instances whose lease is over."""

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """See ``Sweep``."""
        if not pool.lease_end_ms:
            return 0
        tasks = 0
        for _ in range(MOST_CALLS):
            recovered = await client.run(commands.recover(pool.keys))
            tasks += recovered.tasks
            if not recovered.more:
                break
        return tasks


class Repair:
    """Checks one page of the running tasks: it costs the same, however many there are."""

    def __init__(self) -> None:
        self._clock = _Clock(REPAIR_EVERY)
        self._pages: dict[str, str] = {}

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """See ``Sweep``."""
        name = pool.keys.pool
        if not pool.lease_end_ms or not self._clock.is_time(name):
            return 0
        cursor = self._pages.get(name, "0")
        self._pages[name], repaired = await client.run(commands.repair(pool.keys, cursor))
        return repaired


class Promotion:
    """Moves due tasks into the queue."""

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """See ``Sweep``."""
        if pool.is_due:
            await _while_more(client, commands.promote, pool.keys)
        return 0


class Trimming:
    """Forgets ended tasks that are too old or too many, and instances that are gone."""

    def __init__(self) -> None:
        self._clock = _Clock(TRIM_EVERY)

    async def run_once(self, client: AsyncClient, pool: PoolSight) -> int:
        """See ``Sweep``."""
        if self._clock.is_time(pool.keys.pool):
            await _while_more(client, lambda keys: commands.trim(keys, 1000), pool.keys)
        return 0


class _Clock:
    """When something was last done in each pool."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._last: dict[str, float] = {}

    def is_time(self, pool: str) -> bool:
        """Whether it is to be done again; if so, it counts as done."""
        now = time.monotonic()
        if now - self._last.get(pool, -self._every) < self._every:
            return False
        self._last[pool] = now
        return True


async def _while_more(
    client: AsyncClient, command: Callable[[PoolKeys], Command[tuple[bool, int]]], keys: PoolKeys
) -> None:
    for _ in range(MOST_CALLS):
        more, _ = await client.run(command(keys))
        if not more:
            break
