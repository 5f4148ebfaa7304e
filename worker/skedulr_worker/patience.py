"""How long a process that runs one suspect waits for it to stop, before it ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from skedulr_worker.board import Blocker, Board
from skedulr_worker.context import Attempt, Stop

LATE: Final = 1.0
"""Seconds by which a timer is late only where nothing could run."""


class Patience:
    """Shows on the board an attempt that goes on so long after it was told to stop.

    ``retire()`` is called before: the supervisor kills the process because of that attempt, so
    nothing else may be taken that could be blamed.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        board: Board,
        seconds: float,
        retire: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._board = board
        self._seconds = seconds
        self._retire = retire

    def begin(self, attempt: Attempt) -> None:
        """It has just been told to stop; a worker that stops has a patience of its own."""
        if attempt.stop is not Stop.RELEASE and not attempt.over:
            due = self._loop.time() + self._seconds
            self._loop.call_at(due, self._end, attempt, due)

    def _end(self, attempt: Attempt, due: float) -> None:
        if self._loop.time() > due + LATE:  # the whole machine stood still, and the job with it
            self.begin(attempt)
        elif not attempt.over:
            self._retire()
            self._board.stuck = Blocker(attempt.pool, attempt.id, attempt.deadline or 0.0)
