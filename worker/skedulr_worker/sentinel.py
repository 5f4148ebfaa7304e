"""Finds out which task blocks the event loop of a worker process, from a thread beside it.

Code that holds the interpreter's lock as well keeps this thread from looking: then nobody knows.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from skedulr.loops import Loop
from skedulr_worker.board import BLOCKED_AFTER, Blocker, Board
from skedulr_worker.context import Attempt

NAME: Final = "sentinel"
EVERY: Final = 1.0
PATIENCE: Final = 15.0
"""Seconds without a look after which it hangs, as where a job holds the interpreter's lock."""

KNOWN_AFTER: Final = BLOCKED_AFTER + 2 * EVERY
"""Seconds without a turn after which the one that blocks is known, if it ever will be."""


class Sentinel:
    """Shows on the board who blocks the loop; ``attempt_of(task)`` says which attempt that is."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        board: Board,
        attempt_of: Callable[[asyncio.Task[Any]], Attempt | None],
    ) -> None:
        self._loop = loop
        self._board = board
        self._attempt_of = attempt_of
        self._turns = Loop(NAME, PATIENCE, board.sentinel)

    def start(self) -> None:
        """Look until the process ends."""
        threading.Thread(target=self._run, name="skedulr sentinel", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(EVERY)
            self.look()
            self._turns.turn()

    def look(self) -> None:
        """Show who blocks the loop now, or that nobody does."""
        found = self._blocker() if self._board.is_blocked else None
        if found != self._board.blocker:
            self._board.blocker = found

    def _blocker(self) -> Blocker | None:
        task = asyncio.current_task(self._loop)
        attempt = self._attempt_of(task) if task is not None else None
        if attempt is None:
            return None
        return Blocker(attempt.pool, attempt.id, attempt.deadline or 0.0)
