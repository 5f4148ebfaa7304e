"""The first process of a worker: it starts the others, beats for them, replaces and ends them."""

from __future__ import annotations

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from skedulr import hangups
from skedulr.app import Skedulr
from skedulr.loops import Loop
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.arrival import arrive_in_time
from skedulr_worker.config import WorkerConfig
from skedulr_worker.crew import Crew
from skedulr_worker.instance import instance_name
from skedulr_worker.keeper import Keeper
from skedulr_worker.locks import Locks
from skedulr_worker.orders import NOW, STOP, Order
from skedulr_worker.pools import served_pools

WATCH_EVERY: Final = 0.25
FAILED: Final = 1

MARGIN: Final = 8.0
"""Seconds beyond the grace in which a process must have left."""

NOW_MARGIN: Final = 2.0
"""The same after a second signal."""


class Supervisor:
    """Runs a worker until it is signalled."""

    def __init__(self, app: Skedulr, config: WorkerConfig, parent: int | None = None) -> None:
        self._app = app
        self._config = config
        self._parent = parent
        self._logger = app.logger
        self._served = served_pools(app, config)
        self._name = instance_name(config.name, 0)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._wishes = 0
        """How often somebody has asked for the end; a terminal that closes has no second one."""
        self._executor: ThreadPoolExecutor | None = None
        self._client = AsyncClient(app.address)
        self._contact = Contact(app.logger, app.address.url)
        self._watching = Loop("watch")
        self._locks = Locks.of(app, config)
        self._crew = Crew(
            app,
            config,
            self._client,
            self._contact,
            self._loop,
            self._served,
            self._name,
            self._locks,
        )
        self._keeper = Keeper(
            app, config, self._client, self._contact, self._name, self._crew.children, self._locks
        )
        self._keeper.loops.append(self._watching)

    def run(self) -> int:
        """Block until the worker has stopped; answers the exit code.

        Raises ``RedisUnsuitable``, and ``RedisUnavailable`` where the login is refused.
        """
        asyncio.set_event_loop(self._loop)
        main = self._loop.create_task(self._live(), name="skedulr supervisor")
        main.add_done_callback(lambda _: self._loop.stop())
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._asked)
        if hangups.is_heard():
            self._loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        self._loop.add_signal_handler(signal.SIGCHLD, self._crew.reap)
        try:
            while not main.done():
                self._renew_executor()
                self._loop.run_forever()
                if not main.done():
                    self._end_executor()
                    self._crew.fork_wanted()
            main.result()
        finally:
            self._close()
        return FAILED if self._crew.cannot_start else 0

    # --- life

    async def _live(self) -> None:
        try:
            await arrive_in_time(
                self._app, self._client, self._served, self._config, self._contact, self._stopping
            )
            if not self._stopping.is_set():
                await self._work()
            await self._end_all()
        finally:
            await self._client.close()

    async def _work(self) -> None:
        self._logger.info(
            "worker %s: %d processes, %s",
            self._name,
            self._config.processes,
            ", ".join(f"{served.pool}={served.slots}" for served in self._served),
        )
        self._crew.muster()
        keeping = self._loop.create_task(self._keeper.run(), name="skedulr keeper")
        keeping.add_done_callback(self._note_failure)
        try:
            while not self._stopping.is_set():
                self._crew.watch()
                if self._is_orphaned() or self._crew.cannot_start:
                    self._stopping.set()
                self._watching.turn()
                await self._rest(WATCH_EVERY)
            if self._crew.cannot_start:
                self._logger.error("the worker ends: a startup hook failed before it ever worked")
            self._watching.stop()
            await self._stop_children()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    def _note_failure(self, keeping: asyncio.Task[None]) -> None:
        """Without heartbeats nothing may go on: end, so that whoever runs this starts it anew."""
        if not keeping.cancelled() and (error := keeping.exception()) is not None:
            self._logger.critical("the supervisor has failed and stops", exc_info=error)
            self._stopping.set()

    async def _rest(self, seconds: float) -> None:
        """Sleep, but not when it is time to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _renew_executor(self) -> None:
        """Names are looked up in a thread, which must not be there when this process forks."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="skedulr lookup")
        self._loop.set_default_executor(self._executor)

    def _end_executor(self) -> None:
        if self._executor is not None:
            self._executor.shutdown()

    def _is_orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    # --- the end

    def _asked(self) -> None:
        self._wishes += 1
        if self._wishes == 1:
            self._stop("a second signal")
        else:
            self._logger.info("worker %s stops at once", self._name)
            self._hurry.set()

    def _hung_up(self) -> None:
        """Shell, kernel and service manager may each send it, also right beside SIGTERM: so it is
        never one of two signals.
        """
        hangups.let_go_of_terminal()
        self._crew.hang_up()
        self._stop("SIGTERM twice")

    def _stop(self, ends_now: str) -> None:
        if not self._stopping.is_set():
            self._logger.info(
                "worker %s stops, tasks may go on for %g s; %s ends them now",
                self._name,
                self._config.grace_seconds,
                ends_now,
            )
            self._stopping.set()

    async def _stop_children(self) -> None:
        """Let the processes finish; whoever does not in time is killed."""
        self._crew.dismiss(Order(STOP))
        await self._crew.gone(self._config.grace_seconds + MARGIN, self._hurry)
        if self._crew.children():
            self._crew.dismiss(Order(NOW))
            await self._crew.gone(NOW_MARGIN)
        self._crew.kill()
        await self._crew.gone(MARGIN)

    async def _end_all(self) -> None:
        await self._crew.buried()
        await self._keeper.leave()

    def _close(self) -> None:
        self._crew.kill()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            self._loop.remove_signal_handler(number)
        asyncio.set_event_loop(None)
        self._end_executor()
        self._loop.close()
