"""The timer of a claim loop: a delayed task is claimed when it is due, not at the next poll."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from skedulr_worker.clock import RedisClock

SHORTEST: Final = 0.001
"""Seconds that always pass before a timer goes off: a clock that jumps must not make it spin."""

LONGEST_REPEATED: Final = 0.05
"""The most of the same, reached by doubling, for a moment that had come by this process' clock and
had not by Redis': timers go off a little early, and clocks jump.
"""


class Alarm:
    """Calls ``ring()`` when Redis' clock has reached a moment."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: RedisClock, ring: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._ring = ring
        self._moment = 0
        self._rung = 0
        self._least = SHORTEST
        self._timer: asyncio.TimerHandle | None = None

    def set(self, moment_ms: int) -> None:
        """Ring at that moment (ms by Redis' clock) instead of the one before; 0 for never."""
        if self._timer is not None:
            if moment_ms == self._moment:
                return
            self._timer.cancel()
            self._timer = None
        self._moment = moment_ms
        if moment_ms:
            is_repeated = moment_ms == self._rung
            self._least = min(2 * self._least, LONGEST_REPEATED) if is_repeated else SHORTEST
            wait = max(self._clock.at(moment_ms) - self._loop.time(), self._least)
            self._timer = self._loop.call_later(wait, self._go_off)

    def _go_off(self) -> None:
        self._timer = None
        self._rung = self._moment
        self._ring()
