"""Runs plain functions in threads.

A thread cannot be stopped: an attempt that was cancelled or timed out ends when its function
returns, and keeps its slot until then.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
from collections import deque
from queue import SimpleQueue
from typing import Any, Final

from skedulr.context import running
from skedulr_worker.context import Attempt
from skedulr_worker.executors.coroutines import Begin, End
from skedulr_worker.forks import end_if_forked
from skedulr_worker.middleware import Chain, raisable
from skedulr_worker.signal_stack import lend_signal_stack
from skedulr_worker.view import View

ASK_AGAIN: Final = 1.0
"""Seconds until the system is asked again for a thread that it would not make."""

Outcome = tuple[Any, BaseException | None]


class ThreadExecutor:
    """Runs up to ``most`` attempts at once; the others wait in their order for a thread.

    ``begin(attempt)`` says when one starts whether it may, ``end(attempt, result, error)`` is told
    when it is over, both on the loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        most: int,
        begin: Begin,
        end: End,
        chain: Chain | None,
        logger: logging.Logger,
    ) -> None:
        self._loop = loop
        self._pid = os.getpid()
        self._most = most
        self._begin = begin
        self._end = end
        self._chain = chain
        self._logger = logger
        self._is_short = False
        """Whether the system would make no thread when it was last asked."""
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._waiting: deque[Attempt] = deque()
        self._work: SimpleQueue[tuple[Attempt, asyncio.Future[Outcome] | None] | None] = (
            SimpleQueue()
        )
        self._done: deque[tuple[Attempt, asyncio.Future[Outcome] | None, Outcome]] = deque()
        self._notified = False
        self._wrapping: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many attempts have a thread."""
        return self._busy

    def start(self, attempt: Attempt) -> None:
        """Run the attempt as soon as there is a thread for it."""
        if self._busy < self._most:
            self._launch(attempt)
        else:
            self._waiting.append(attempt)

    def withdraw(self, attempt: Attempt) -> bool:
        """Take back an attempt that still waits for a thread; false where it does not."""
        try:
            self._waiting.remove(attempt)
        except ValueError:
            return False
        return True

    def close(self) -> None:
        """End the threads, each when it has nothing more to do."""
        for _ in self._threads:
            self._work.put(None)

    def _launch(self, attempt: Attempt) -> None:
        if not self._begin(attempt):
            return
        self._busy += 1
        if self._chain is None:
            self._put(attempt, None)
        else:
            wrapping = self._loop.create_task(self._wrapped(attempt), name=attempt.id)
            self._wrapping.add(wrapping)
            wrapping.add_done_callback(self._wrapping.discard)

    def _put(self, attempt: Attempt, future: asyncio.Future[Outcome] | None) -> None:
        self._work.put((attempt, future))
        self._have_thread(attempt.pool)

    def _have_thread(self, pool: str) -> None:
        """Have one more where there are too few. Where the system makes none now, those that are
        there take what waits, and it is asked again.
        """
        if self._busy <= len(self._threads):
            return
        name = f"skedulr {pool} {len(self._threads) + 1}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self._is_short:
                self._logger.error("no thread for jobs of pool %s can be made now: %s", pool, error)
            self._is_short = True
            self._loop.call_later(ASK_AGAIN, self._have_thread, pool)
        else:
            self._is_short = False
            self._threads.append(thread)

    async def _wrapped(self, attempt: Attempt) -> None:
        task = View(attempt)
        running.set(task)
        assert self._chain is not None

        async def call_job() -> Any:
            future: asyncio.Future[Outcome] = self._loop.create_future()
            self._put(attempt, future)
            result, error = await future
            if error is not None:
                raise raisable(error)
            return result

        try:
            result = await self._chain(task, call_job)
        except BaseException as error:
            if not self._loop.is_running():  # it drops its tasks: there is nobody left to tell
                raise
            self._over(attempt, None, error)
        else:
            self._over(attempt, result, None)

    def _over(self, attempt: Attempt, result: Any, error: BaseException | None) -> None:
        self._busy -= 1
        self._end(attempt, result, error)
        while self._waiting and self._busy < self._most:
            self._launch(self._waiting.popleft())

    def _serve(self) -> None:
        """In a thread: run what comes, until nothing comes any more."""
        _stack = lend_signal_stack()
        while (work := self._work.get()) is not None:
            attempt, future = work
            outcome = contextvars.copy_context().run(_call, attempt)
            end_if_forked(self._pid)
            self._done.append((attempt, future, outcome))
            del work, attempt, future, outcome
            if not self._notified:
                self._notified = True
                try:
                    self._loop.call_soon_threadsafe(self._collect)
                except RuntimeError:  # the loop is closed: nobody waits for it
                    return

    def _collect(self) -> None:
        """On the loop: take in what the threads have done."""
        self._notified = False
        while self._done:
            attempt, future, outcome = self._done.popleft()
            if future is None:
                self._over(attempt, *outcome)
            elif not future.done():
                future.set_result(outcome)


def _call(attempt: Attempt) -> Outcome:
    running.set(View(attempt))
    call = attempt.call
    try:
        return attempt.plan.function(*call.args, **call.kwargs), None
    except BaseException as error:
        return None, error
