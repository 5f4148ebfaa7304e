"""The time-outs of all running tasks: one heap and one timer for a whole process."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

from skedulr_worker.context import Attempt

_FEW: Final = 64


class Deadlines:
    """Calls ``expire(attempt)`` for each attempt that is not over at its deadline."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        expire: Callable[[Attempt], None],
        show: Callable[[float], None],
    ) -> None:
        self._loop = loop
        self._expire = expire
        self._show = show
        self._heap: list[tuple[float, int, Attempt]] = []
        self._order = count()
        self._ended = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, attempt: Attempt, deadline: float) -> None:
        """Watch an attempt until ``deadline`` (seconds of the loop's clock)."""
        heapq.heappush(self._heap, (deadline, next(self._order), attempt))
        if self._heap[0][2] is attempt:
            self._arm()

    def discard(self) -> None:
        """One of the watched attempts is over; what it holds is let go of in time."""
        self._ended += 1
        if self._ended > _FEW and 2 * self._ended > len(self._heap):
            self._heap = [entry for entry in self._heap if not entry[2].over]
            heapq.heapify(self._heap)
            self._ended = 0

    def close(self) -> None:
        """Watch nothing any more."""
        self._heap.clear()
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._timer = self._loop.call_at(self._heap[0][0], self._due)
        self._show(self._heap[0][0] if self._heap else 0.0)

    def _due(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._heap and (self._heap[0][0] <= now or self._heap[0][2].over):
            attempt = heapq.heappop(self._heap)[2]
            if attempt.over:
                self._ended = max(0, self._ended - 1)
            else:
                self._expire(attempt)
        self._arm()
