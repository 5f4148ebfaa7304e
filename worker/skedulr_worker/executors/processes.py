"""Runs plain functions in processes of their own, which can be killed without harm to others.

The processes are reused, end after so many tasks or with so much memory, and are made on demand.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, Final, Protocol

from skedulr_worker.context import Attempt, Stop
from skedulr_worker.executors.coroutines import Begin
from skedulr_worker.isolation.deaths import Death, death_of
from skedulr_worker.isolation.groups import kill_group
from skedulr_worker.isolation.link import Died, NurseryLink
from skedulr_worker.isolation.process import Ended, JobProcessHandle
from skedulr_worker.lifetime import Lifetime
from skedulr_worker.replacing import wait_after

RELEASE_MARGIN: Final = 0.5
"""Seconds that an interrupted job has where its worker stops."""

KILLS_APART: Final = 0.5
"""Seconds within which several kills from nobody knows where are taken for one that was not meant
for any task.
"""

LEAVE_PATIENCE: Final = 3.0
"""Seconds in which idle processes must have ended by themselves."""

WHAT: Final = "the job's process"


class Ends(Protocol):
    """Who is told how attempts end here."""

    def ended(self, attempt: Attempt, end: Ended) -> None:
        """The job has returned or raised."""

    def died(self, attempt: Attempt, death: Death, reason: Stop | None) -> None:
        """Its process has died, by the nursery's hand where there is a ``reason``."""

    def fell(self, attempt: Attempt, death: Death) -> None:
        """Its process has died with others: nobody knows why, and it was not meant for the task."""


class ProcessExecutor:
    """Runs up to ``most`` attempts at once; the others wait in their order for a process.

    ``begin(attempt)`` says when one starts whether it may; ``told(attempt, message)`` is called
    when its job tells something. ``alone`` where nothing else runs in this worker process, so that
    all that happens here is the doing of the one attempt.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        most: int,
        link: NurseryLink,
        begin: Begin,
        ends: Ends,
        told: Callable[[Attempt, list[Any]], None],
        lifetime: Lifetime,
        margin: float,
        alone: bool,
        logger: logging.Logger,
    ) -> None:
        self._loop = loop
        self._most = most
        self._link = link
        self._begin = begin
        self._ends = ends
        self.told = told
        self._lifetime = lifetime
        self._margin = margin
        self._alone = alone
        self._logger = logger
        self._serials = count(1)
        self._processes: dict[Attempt | None, JobProcessHandle] = {}
        self._all: set[JobProcessHandle] = set()
        self._waiting: deque[Attempt] = deque()
        self._young_deaths = 0
        self._pause: asyncio.TimerHandle | None = None
        self._kills: deque[float] = deque(maxlen=64)
        self._closed = False
        self._empty = asyncio.Event()

    @property
    def processes(self) -> list[JobProcessHandle]:
        """Those that live."""
        return list(self._all)

    def start(self, attempt: Attempt) -> None:
        """Run the attempt as soon as there is a process for it."""
        self._waiting.append(attempt)
        self._serve()

    def withdraw(self, attempt: Attempt) -> bool:
        """Take back an attempt that still waits for a process; false where it does not."""
        try:
            self._waiting.remove(attempt)
        except ValueError:
            return False
        return True

    def stop(self, attempt: Attempt, reason: Stop) -> None:
        """Interrupt an attempt; its process is killed where that does not help."""
        process = self._processes.get(attempt)
        if process is not None:
            process.stop(reason, RELEASE_MARGIN if reason is Stop.RELEASE else self._margin)

    async def close(self) -> None:
        """Let all processes end."""
        self._closed = True
        if self._pause is not None:
            self._pause.cancel()
        for process in self.processes:
            if process.attempt is None:
                process.leave()
        if self._all:
            try:
                async with asyncio.timeout(LEAVE_PATIENCE):
                    await self._empty.wait()
            except TimeoutError:
                for process in self.processes:
                    process.kill()

    # --- processes for attempts

    def _serve(self) -> None:
        """Give waiting attempts to idle processes, and have more of these where there are too
        few.
        """
        if self._closed:
            return
        idle = [process for process in self._all if process.is_idle]
        while self._waiting and idle:
            attempt = self._waiting.popleft()
            if self._begin(attempt):
                self._launch(attempt, idle.pop())
        coming = sum(not process.is_ready for process in self._all)
        wanted = min(len(self._waiting) - coming, self._most - len(self._all))
        if self._pause is None and self._link.is_open:
            self._bear(wanted)

    def _bear(self, wanted: int) -> None:
        try:
            for _ in range(wanted):
                self._all.add(JobProcessHandle(self._loop, self._link, self))
        except OSError as error:
            self._logger.error("no job process can be made now: %s", error)
            self._wait_before_the_next()

    def _launch(self, attempt: Attempt, process: JobProcessHandle) -> None:
        self._processes[attempt] = process
        process.run(attempt, next(self._serials), attempt.body, self._margin)

    def ready(self, _process: JobProcessHandle) -> None:
        """A process is up."""
        self._young_deaths = 0
        self._serve()

    def ended(self, process: JobProcessHandle, attempt: Attempt, end: Ended) -> None:
        """An attempt is over; its process may have done its share."""
        del self._processes[attempt]
        if self._closed or end.spent or self._lifetime.is_over(process.tasks, process.rss):
            process.leave()
        self._ends.ended(attempt, end)
        self._serve()

    # --- deaths

    def died(self, process: JobProcessHandle, attempt: Attempt | None, died: Died | None) -> None:
        """A process is gone."""
        self._all.discard(process)
        if not self._all:
            self._empty.set()
        if not process.is_ready:
            self._wait_before_the_next()
        if died is not None:
            death = death_of(
                os.waitstatus_to_exitcode(died.status),
                what=WHAT,
                for_memory=died.for_memory,
                stderr=died.stderr,
            )
            if death.is_unexplained_kill and not died.reason:
                self._kills.append(self._loop.time())
        else:
            kill_group(process.pid)  # what the nursery cannot do any more
            death = Death("SIGKILL", None, "killed", f"{WHAT} died with its nursery", "")
        if attempt is not None:
            del self._processes[attempt]
            self._judge(attempt, death, died)
        self._serve()

    def _judge(self, attempt: Attempt, death: Death, died: Died | None) -> None:
        if died is None and not self._alone:
            self._ends.fell(attempt, death)
        elif died is None:
            self._ends.died(attempt, death, None)
        elif died.reason or not death.is_unexplained_kill:
            reason = Stop(died.reason) if died.reason else None
            self._ends.died(attempt, replace(death, cause=died.reason or death.cause), reason)
        else:  # was it the only one?
            self._loop.call_later(KILLS_APART, self._judge_kill, attempt, death, self._loop.time())

    def _judge_kill(self, attempt: Attempt, death: Death, at: float) -> None:
        near = sum(abs(moment - at) <= KILLS_APART for moment in self._kills)
        if near > 1 or not self._link.is_open:
            self._ends.fell(attempt, death)
        else:
            self._ends.died(attempt, death, None)

    def _wait_before_the_next(self) -> None:
        """A process that does not come up is not tried again at once."""
        self._young_deaths += 1
        if self._pause is None and not self._closed:
            self._pause = self._loop.call_later(wait_after(self._young_deaths), self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        self._serve()
