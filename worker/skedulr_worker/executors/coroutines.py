"""Runs coroutine functions on the event loop, one asyncio task for each attempt."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

from skedulr.context import running
from skedulr_worker.context import Attempt
from skedulr_worker.forks import end_if_forked
from skedulr_worker.middleware import Chain
from skedulr_worker.view import View

Begin = Callable[[Attempt], bool]
End = Callable[[Attempt, Any, BaseException | None], None]


class CoroutineExecutor:
    """Starts attempts on the loop; ``begin(attempt)`` says when one does begin whether it may, and
    ``end(attempt, result, error)`` is told when it is over.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, begin: Begin, end: End, chain: Chain | None
    ) -> None:
        self._loop = loop
        self._pid = os.getpid()
        self._begin = begin
        self._end = end
        self._run = self._plain if chain is None else self._wrapped
        self._chain = chain

    def start(self, attempt: Attempt) -> None:
        """Run the attempt from the next turn of the loop on."""
        attempt.task = self._loop.create_task(self._run(attempt), name=attempt.id)

    def cancel(self, attempt: Attempt) -> None:
        """Raise ``CancelledError`` in it; one that has not begun yet never will."""
        task = attempt.task
        if task is None or attempt.over:
            return
        task.cancel()
        if not attempt.begun:
            self._end(attempt, None, asyncio.CancelledError())

    async def _plain(self, attempt: Attempt) -> None:
        if not self._begin(attempt):
            return
        running.set(View(attempt))
        call = attempt.call
        try:
            result = await attempt.plan.function(*call.args, **call.kwargs)
        except BaseException as error:
            self._failed(attempt, error)
        else:
            end_if_forked(self._pid)
            self._end(attempt, result, None)

    async def _wrapped(self, attempt: Attempt) -> None:
        if not self._begin(attempt):
            return
        task = View(attempt)
        running.set(task)
        call = attempt.call
        assert self._chain is not None
        try:
            result = await self._chain(
                task, lambda: attempt.plan.function(*call.args, **call.kwargs)
            )
        except BaseException as error:
            self._failed(attempt, error)
        else:
            end_if_forked(self._pid)
            self._end(attempt, result, None)

    def _failed(self, attempt: Attempt, error: BaseException) -> None:
        end_if_forked(self._pid)
        if self._loop.is_running():
            self._end(attempt, None, error)
        else:  # the loop has ended and drops its tasks: there is nobody left to tell
            raise error
