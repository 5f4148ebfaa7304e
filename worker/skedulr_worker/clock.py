"""Redis' clock as a worker knows it: the only one that says when a task is due."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from skedulr.errors import SkedulrError
from skedulr.loops import Loop, state_after
from skedulr.transport.aio import AsyncClient

EVERY: Final = 60.0
"""Seconds between two looks at Redis' clock."""

NAME: Final = "clock"
PATIENCE: Final = 2 * EVERY
"""Seconds between two turns after which the loop hangs."""

LOOKS: Final = 3
"""How often one looks each time: the first answer comes out of the cold, late by milliseconds."""

WIDEST_TRIP: Final = 0.05
"""Seconds that a look may take for its answer to be trusted where a better one is known."""


class RedisClock:
    """Turns moments of Redis' clock into those of the event loop, never too early."""

    def __init__(
        self, client: AsyncClient, loop: asyncio.AbstractEventLoop, turns: Loop | None = None
    ) -> None:
        self._client = client
        self._loop = loop
        self._turns = turns or Loop(NAME, PATIENCE)
        self._measured = False
        self._offset = time.time() - loop.time()

    def at(self, redis_ms: int) -> float:
        """When the loop's clock shows that moment of Redis' clock."""
        return redis_ms / 1000 - self._offset

    def now_ms(self) -> int:
        """The time by Redis' clock."""
        return int((self._loop.time() + self._offset) * 1000)

    def since(self, redis_ms: int) -> float:
        """How many seconds ago Redis' clock showed that moment."""
        return self._loop.time() - self.at(redis_ms)

    async def measure(self) -> None:
        """Look at Redis' clock, and believe the quickest answer; raises as ``AsyncClient.ask``."""
        trip, offset = min([await self._look() for _ in range(LOOKS)])
        if trip <= WIDEST_TRIP or not self._measured:
            self._offset = offset
            self._measured = True

    async def _look(self) -> tuple[float, float]:
        """How long an answer took, and how far Redis' clock is ahead of the loop's by it."""
        sent = self._loop.time()
        [(seconds, micros)] = await self._client.ask(("TIME",))
        read = self._loop.time()
        # Redis showed this time before the answer came: counted from then, nothing is early.
        return read - sent, int(seconds) + int(micros) / 1e6 - read

    async def run(self) -> None:
        """Look again and again."""
        while True:
            try:
                await self.measure()
            except SkedulrError as error:  # the claim loops tell when Redis is away
                self._turns.turn(state_after(error))
                await asyncio.sleep(1)
            else:
                self._turns.turn()
                await asyncio.sleep(EVERY)
