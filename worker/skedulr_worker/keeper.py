"""What runs beside the processes of a worker: heartbeats, sweeps and reports, over one client."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Final, Protocol

from skedulr import job_facts
from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr.loops import PATIENCE, Loop, state_after
from skedulr.sweeps import Round, Sweeper
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker import reports
from skedulr_worker.config import WorkerConfig
from skedulr_worker.declarer import Declarer
from skedulr_worker.heartbeat import Heartbeat, Member
from skedulr_worker.locks import Locks
from skedulr_worker.predecessors import Predecessors
from skedulr_worker.reports import Reported, Reporter

LONGEST_IDLE: Final = 2.8
"""Seconds between two looks at pools in which nothing runs and nothing is due: below the 3 s after
which a recovery takes it that Redis was away, so that a host's end is never taken for that.
"""

TRIPS: Final = 5
"""How many time limits one round of sweeps may take before it shows as hanging."""


class Kept(Member, Reported, Protocol):
    """A worker process as its keeper knows it."""


class Keeper:
    """Keeps what the processes of a worker hold theirs, and the pools in order."""

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        client: AsyncClient,
        contact: Contact,
        name: str,
        processes: Callable[[], Iterable[Kept]],
        locks: Locks | None = None,
    ) -> None:
        self._app = app
        self._client = client
        self._contact = contact
        self._interval = config.sweep_seconds
        self._idle = max(self._interval, min(LONGEST_IDLE, config.lease_seconds / 3))
        self._round = asyncio.Event()
        """A round of sweeps begins."""
        self._heartbeat = Heartbeat(client, contact, processes, config.lease_seconds)
        self._sweeper = Sweeper(app.registry, app.config.namespace, deputy=True)
        limit = client.address.time_limit
        self._sweeping = Loop("sweep", PATIENCE + TRIPS * limit)
        self._reporting = Loop("report", PATIENCE + limit)
        self.loops = [self._heartbeat.loop, self._sweeping, self._reporting]
        """Of the process that keeps; others of it may be added."""
        self._predecessors = locks and Predecessors(app, config, client, contact, locks, name)
        if self._predecessors:
            self.loops.append(self._predecessors.loop)
        self._tells_jobs_at = 0.0
        self._declarer = Declarer(app, client, contact)
        if app.schedules.declared:
            self.loops.append(self._declarer.loop)
        self._reporter = Reporter(app.registry, name, processes, self.loops)

    async def run(self) -> None:
        """Beat, sweep, report, declare schedules and look after the dead until cancelled."""
        runs = [self._heartbeat.run(), self._sweeps(), self._reports()]
        if self._predecessors:
            runs.append(self._predecessors.run())
        if self._app.schedules.declared:
            runs.append(self._declarer.run())
        await asyncio.gather(*runs)

    async def _tell_jobs(self) -> None:
        """Tell what the code says of its jobs, first with the first report."""
        if time.monotonic() >= self._tells_jobs_at:
            jobs = self._app.jobs.values()
            await self._client.perform(job_facts.telling(self._app.registry, jobs))
            self._tells_jobs_at = time.monotonic() + job_facts.TOLD_EVERY

    async def leave(self) -> None:
        """Take the report away; where Redis is away it goes by itself."""
        with contextlib.suppress(SkedulrError):
            await self._client.run(self._reporter.farewell(), persist=False)

    async def _sweeps(self) -> None:
        while True:
            self._round.set()  # a report that waits for it goes with it in one trip
            try:
                seen = await self._sweeper.run_once(self._client)
            except SkedulrError as error:
                self._contact.lost(error)
                self._sweeping.turn(state_after(error))
                seen = Round(busy=True)
            else:
                seen.tell(self._app.logger)
                self._contact.found()
                self._sweeping.turn()
            pause = self._interval if seen.busy else self._idle
            await asyncio.sleep(seen.rest(pause))

    async def _reports(self) -> None:
        """A loop of its own, so that sweeps that hang are told; it shares their trips."""
        while True:
            told = self._reporter.standing()
            try:
                await self._client.run(self._reporter.report(), persist=False)
                await self._tell_jobs()
            except SkedulrError as error:
                self._tells_jobs_at = 0.0  # the server may have lost its memory
                self._contact.lost(error)
                self._reporting.turn(state_after(error))
            else:
                self._contact.found()
                self._reporting.turn()
            await self._until_worth_telling(told)

    async def _until_worth_telling(self, told: Hashable) -> None:
        """Rest until another report is due, which goes with a round of sweeps, or until something
        has happened that should be told at once. To look for that asks nobody.
        """
        due = time.monotonic() + reports.EVERY - self._idle
        while self._reporter.standing() == told and time.monotonic() < due + self._idle:
            if await self._round_begins(reports.LOOK_EVERY) and time.monotonic() >= due:
                return

    async def _round_begins(self, within: float) -> bool:
        """Whether a round of sweeps begins in so many seconds; answers when it does."""
        self._round.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                return await self._round.wait()
        return False
