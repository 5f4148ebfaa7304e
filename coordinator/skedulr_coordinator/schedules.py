"""Fires the slots of schedules when they are due.

Any number of coordinators do so at once. Each step names the slot and the revision that it saw, so
one of them takes it, and the others are told that it was taken; whoever dies between two steps
leaves them to the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from skedulr import commands
from skedulr.app import Skedulr
from skedulr.commands import MOST_SCHEDULES, Firing
from skedulr.commands.base import Argument, pairs
from skedulr.errors import OutOfMemory, Undecodable
from skedulr.keys import PoolKeys
from skedulr.schedules import schedule
from skedulr.schedules.schedule import FINISHED
from skedulr.transport.aio import AsyncClient
from skedulr_coordinator import faults
from skedulr_coordinator.firing import Moment, firings

LONGEST_REST: Final = 1.0
"""Seconds between two looks: a new schedule is planned within that time."""

PUT_OFF: Final = 1.0
"""Seconds until a schedule is looked at again whose step could not be taken, as in a full pool."""

POOLS_AT_ONCE: Final = 50

TAKEN: Final = ("fired", "planned", "overlap", "duplicate")
"""Outcomes after which a schedule has another slot."""

REFUSED: Final = ("full", "early")
"""Outcomes after which it has the same slot still."""


class Sight(NamedTuple):
    """What a look at the pools shows."""

    now_ms: int
    """Redis' time."""
    pools: frozenset[str]
    """All there are."""
    heads: dict[str, int]
    """For each that was looked at, when its earliest schedule has to be looked at (ms)."""


class Found(NamedTuple):
    """A schedule that has to be looked at, as Redis holds it."""

    name: str
    spec: bytes | None
    plan: bytes | None
    home: bytes | None
    """The pool that the registry names."""


class Schedules:
    """Plans and fires the schedules of all pools."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._known: frozenset[str] = frozenset()
        self._put_off: dict[tuple[str, str], float] = {}
        self._complained: set[tuple[str, str]] = set()
        self.fired = 0
        """Tasks that this coordinator has submitted so far."""

    async def run_once(self, client: AsyncClient) -> float:
        """Take the steps that are due; answers in how many seconds there may be others.

        Raises as ``AsyncClient.run``.
        """
        begun = time.monotonic()
        self._put_off = {which: until for which, until in self._put_off.items() if until > begun}
        sight = await self._look(client)
        if sight.pools - self._known:
            self._known = sight.pools
            sight = await self._look(client)
        self._known = sight.pools
        due = [pool for pool, at_ms in sight.heads.items() if at_ms <= sight.now_ms]
        for first in range(0, len(due), POOLS_AT_ONCE):
            await asyncio.gather(
                *(
                    self._settle(client, self._app.keys(pool), sight.now_ms)
                    for pool in due[first : first + POOLS_AT_ONCE]
                )
            )
        if due:
            return 0.0
        ahead = min(sight.heads.values(), default=sight.now_ms + 1000) - sight.now_ms
        return max(0.0, min(ahead / 1000 - (time.monotonic() - begun), LONGEST_REST))

    async def _look(self, client: AsyncClient) -> Sight:
        """One trip, whose cost does not grow with the schedules that are not due."""
        pools = sorted(self._known)
        calls: list[tuple[Argument, ...]] = [("TIME",), ("SMEMBERS", self._app.registry.pools)]
        calls += (
            ("ZRANGE", self._app.keys(pool).slots, 0, self._waiting(pool), "WITHSCORES")
            for pool in pools
        )
        (seconds, micros), names, *slots = await client.ask(*calls)
        heads: dict[str, int] = {}
        for pool, members in zip(pools, slots, strict=True):
            for name, score in pairs(members):
                if (pool, name.decode()) not in self._put_off:
                    heads[pool] = int(float(score))
                    break
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        return Sight(now_ms, frozenset(name.decode() for name in names), heads)

    def _waiting(self, pool: str) -> int:
        """How many of a pool's schedules are put off."""
        return sum(1 for each, _ in self._put_off if each == pool)

    async def _settle(self, client: AsyncClient, keys: PoolKeys, now_ms: int) -> None:
        """Take the due steps of one pool, of up to ``MOST_SCHEDULES`` schedules."""
        found, moment = await self._due(client, keys, now_ms)
        faults.reached("schedules.due")
        ways: list[list[Firing]] = []
        for each in found:
            try:
                way = await self._way(client, keys, each, moment)
            except Undecodable as error:
                self._put_off_for_good(keys.pool, each.name, error)
            else:
                ways += [way] if way else []
        await self._take(client, keys, ways)

    async def _due(
        self, client: AsyncClient, keys: PoolKeys, now_ms: int
    ) -> tuple[list[Found], Moment]:
        most = MOST_SCHEDULES + self._waiting(keys.pool)
        due = await client.ask(("ZRANGEBYSCORE", keys.slots, "-inf", now_ms, "LIMIT", 0, most))
        names = [each.decode() for each in due[0]]
        names = [each for each in names if (keys.pool, each) not in self._put_off]
        names = names[:MOST_SCHEDULES]
        if not names:
            return [], Moment(now_ms, workers_live=False)
        # The schedules first: what left this pool later is fenced by its revision.
        specs, plans, homes, workers = await client.ask(
            ("HMGET", keys.schedules, *names),
            ("HMGET", keys.schedule_plans, *names),
            ("HMGET", self._app.registry.schedules, *names),
            ("ZCOUNT", self._app.registry.alive, now_ms, "+inf"),
        )
        found = [Found(*each) for each in zip(names, specs, plans, homes, strict=True)]
        return found, Moment(now_ms, workers_live=workers > 0)

    async def _way(
        self, client: AsyncClient, keys: PoolKeys, found: Found, moment: Moment
    ) -> list[Firing]:
        """The steps that a schedule takes; none where it is over; raises ``Undecodable``."""
        if found.spec is None or found.plan is None:
            await client.run(commands.unschedule(keys, found.name, moving=True))
            return []
        plan = schedule.read_plan(found.plan)
        is_here = found.home is not None and found.home.decode() == keys.pool
        if is_here and plan.state != FINISHED:
            return firings(schedule.read_spec(found.name, found.spec), plan, moment)
        if not is_here and await self._is_left(client, found):
            await client.ask(("HSET", self._app.registry.schedules, found.name, keys.pool))
            return []  # it is due still, and stands where it belongs
        if is_here:
            await client.ask(("HDEL", self._app.registry.schedules, found.name))
            faults.reached("schedules.forgotten")
        await client.run(commands.unschedule(keys, found.name, plan.revision, moving=True))
        return []

    async def _is_left(self, client: AsyncClient, found: Found) -> bool:
        """Whether somebody died who moved it: the pool that the registry names has it no more."""
        if found.home is None:
            return False
        home = self._app.keys(found.home.decode())
        (is_there,) = await client.ask(("HEXISTS", home.schedules, found.name))
        return not is_there

    async def _take(
        self, client: AsyncClient, keys: PoolKeys, ways: Sequence[Sequence[Firing]]
    ) -> None:
        """Take the first steps of all, then the second ones, and so on."""
        while ways:
            wave = [way[0] for way in ways]
            try:
                outcomes = await client.run(commands.fire(keys, wave))
            except OutOfMemory as error:
                self._complain(keys.pool, "", error)
                outcomes = ["full"] * len(wave)
            faults.reached("schedules.fired")
            self.fired += outcomes.count("fired")
            for firing, outcome in zip(wave, outcomes, strict=True):
                if outcome in REFUSED:
                    self._put_off[keys.pool, firing.name] = time.monotonic() + PUT_OFF
            ways = [
                way[1:]
                for way, outcome in zip(ways, outcomes, strict=True)
                if outcome in TAKEN and len(way) > 1
            ]

    def _put_off_for_good(self, pool: str, name: str, error: Undecodable) -> None:
        """What cannot be read here is left to those who can, or to whoever declares it anew."""
        self._put_off[pool, name] = time.monotonic() + 60 * PUT_OFF
        self._complain(pool, name, error)

    def _complain(self, pool: str, name: str, error: Exception) -> None:
        """Say it once."""
        if (pool, name) not in self._complained:
            self._complained.add((pool, name))
            self._app.logger.error("schedules of pool %s wait: %s", pool, error)
