"""A cluster whose time the test moves, and its coordinators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skedulr import ScheduleInfo, Skedulr
from skedulr.schedules import scheduling
from skedulr.schedules.declaring import said
from skedulr_coordinator.schedules import Schedules
from tests.support.virtual import VirtualClient

START = datetime(2026, 11, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


class Killed(BaseException):
    """The process of a coordinator has ended."""


class Town:
    """A cluster whose time the test moves, and its coordinators."""

    def __init__(self, app: Skedulr) -> None:
        self.app = app
        self.now = round(START.timestamp() * 1000)
        self.client = VirtualClient(app, lambda: self.now)
        self.coordinator = Schedules(app)

    def time(self, text: str) -> int:
        return round(datetime.fromisoformat(text).timestamp() * 1000)

    async def schedule(self, name: str = "s", job: str = "job", **options: Any) -> None:
        pool = options.pop("pool", "default")
        declared = said(name, self.app.call(job, pool=pool), options)
        await self.app.aregister_pool(pool)
        await self.client.perform(self.app.schedules.storing(declared))

    async def declare(self, app: Skedulr) -> dict[str, str]:
        """Let a worker with this code declare its schedules."""
        return await self.client.perform(app.schedules.declaring())

    async def turn(self, coordinator: Schedules | None = None, client: Any = None) -> float:
        """Let a coordinator do all that is due; answers how long it would rest."""
        for _ in range(50):
            chosen = coordinator or self.coordinator
            rest = await chosen.run_once(client or self.client)
            if rest > 0:
                return rest
        raise AssertionError("it never rests")

    async def until(self, moment: int) -> None:
        """Let time pass, from one thing that is due to the next, as a coordinator's timer does."""
        while True:
            await self.turn()
            due = [at for at in await self._heads() if at > self.now]
            if not due or min(due) > moment:
                break
            self.now = min(due)
        self.now = moment
        await self.turn()

    async def _heads(self) -> list[int]:
        (names,) = await self.app.aclient.ask(("SMEMBERS", self.app.registry.pools))
        slots = [self.app.keys(name.decode()).slots for name in names]
        found = await self.app.aclient.ask(
            *(
                ("ZRANGEBYSCORE", key, f"({self.now}", "+inf", "WITHSCORES", "LIMIT", 0, 1)
                for key in slots
            )
        )
        return [int(float(head[1])) for head in found if head]

    async def tasks(self, pool: str = "default") -> list[str]:
        """The ids of all tasks, in the order of their names."""
        found = await self.app.aclient.ask(("HKEYS", self.app.keys(pool).tasks))
        return sorted(each.decode() for each in found[0])

    async def slots(self, pool: str = "default") -> list[str]:
        """The slots that have run."""
        return [each.partition("@")[2] for each in await self.tasks(pool)]

    async def get(self, name: str = "s") -> ScheduleInfo:
        return await self.client.perform(scheduling.get(self.app.registry, name))
