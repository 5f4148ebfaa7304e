"""The first process of a worker: it starts the others, beats for them, replaces and ends them."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from skedulr.aio import AsyncClient
from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr.inspect import pack_problem
from skedulr_worker.arrival import arrive_in_time
from skedulr_worker.children import Child, fork
from skedulr_worker.config import WorkerConfig
from skedulr_worker.contact import Contact
from skedulr_worker.instance import Instance, PoolSlots, instance_name
from skedulr_worker.keeper import Keeper
from skedulr_worker.orders import NOW, STOP, Order
from skedulr_worker.pools import served_pools, warn_of_isolation
from skedulr_worker.replacing import Replacing

WATCH_EVERY: Final = 0.25
LEAVE_PAUSE: Final = 1.0

MARGIN: Final = 8.0
"""Seconds beyond the grace in which a process must have left."""

NOW_MARGIN: Final = 2.0
"""The same after a second signal."""

LEAVE_PATIENCE: Final = 5.0
"""Seconds in which a stopping worker tries to give its tasks back; after that, leases run out."""


class Supervisor:
    """Runs a worker until it is signalled."""

    def __init__(self, app: Skedulr, config: WorkerConfig, parent: int | None = None) -> None:
        self._app = app
        self._config = config
        self._parent = parent
        self._logger = app.logger
        self._served = served_pools(app, config)
        self._name = instance_name(config.name, 0)
        self._children: dict[int, Child] = {}
        self._wanted: list[tuple[int, Sequence[PoolSlots]]] = []
        self._replacing = Replacing()
        self._burials: set[asyncio.Task[None]] = set()
        self._suspects: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._executor: ThreadPoolExecutor | None = None
        self._client = AsyncClient(app.address)
        self._contact = Contact(app.logger, app.address.url)
        self._keeper = Keeper(
            app, config, self._client, self._contact, self._name, self._children.values
        )

    def run(self) -> int:
        """Block until the worker has stopped; answers the exit code.

        Raises ``RedisUnsuitable``, and ``RedisUnavailable`` where the login is refused.
        """
        asyncio.set_event_loop(self._loop)
        warn_of_isolation(self._app)
        main = self._loop.create_task(self._live(), name="skedulr supervisor")
        main.add_done_callback(lambda _: self._loop.stop())
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._signalled)
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)
        try:
            while not main.done():
                self._renew_executor()
                self._loop.run_forever()
                if not main.done():
                    self._fork_wanted()
            main.result()
        finally:
            self._close()
        return 0

    # --- life
    # -------------------------------------------------------------------------------------

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
        for number in range(1, self._config.processes + 1):
            self._want(number, self._served)
        keeping = self._loop.create_task(self._keeper.run(), name="skedulr keeper")
        keeping.add_done_callback(self._note_failure)
        try:
            while not self._stopping.is_set():
                self._watch()
                await self._rest(WATCH_EVERY)
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

    def _watch(self) -> None:
        self._reap()
        if self._parent is not None and os.getppid() != self._parent:
            self._stopping.set()
        for child in self._children.values():
            if child.is_overdue(self._config.overdue_seconds):
                self._logger.error(
                    "process %d is killed: a task blocks it beyond its time-out", child.pid
                )
                child.kill()
            for instance in child.instances:
                if instance.cell.suspects and not child.solo:
                    instance.cell.suspects = False  # the next reply says it again
                    self._suspects.add(instance.pool)
        self._fill_places()

    def _fill_places(self) -> None:
        """Have processes for the places of dead ones, and one of its own in each pool for tasks
        that may have killed theirs.
        """
        if self._stopping.is_set():
            return
        for number, served in self._replacing.due():
            self._want(number, served)
        at_work = {
            instance.pool
            for child in self._children.values()
            if child.solo
            for instance in child.instances
        }
        at_work |= {served[0].pool for _, served in self._wanted if served[0].solo}
        for pool in self._suspects - at_work:
            self._want(self._config.processes + 1, [PoolSlots(pool, 1, solo=True)])
        self._suspects.clear()

    # --- birth and death
    # ---------------------------------------------------------------------------

    def _want(self, number: int, served: Sequence[PoolSlots]) -> None:
        """Have a process as soon as the event loop stands still."""
        self._wanted.append((number, served))
        self._loop.stop()

    def _fork_wanted(self) -> None:
        """Make the processes; nothing else runs in this one meanwhile."""
        if self._executor is not None:
            self._executor.shutdown()
        gc.collect()
        gc.freeze()  # a collector that writes to shared objects would copy them
        wanted, self._wanted = self._wanted, []
        for number, served in wanted:
            try:
                child = fork(self._app, self._config, number, served, self._children.values())
            except OSError as error:
                self._logger.error("no worker process can be made now: %s", error)
                self._replacing.add(number, served, lived=0.0)
            else:
                self._children[child.pid] = child

    def _renew_executor(self) -> None:
        """Names are looked up in a thread, which must not be there when this process forks."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="skedulr lookup")
        self._loop.set_default_executor(self._executor)

    def _reap(self) -> None:
        for child in list(self._children.values()):
            if child.reap():
                del self._children[child.pid]
                self._note_death(child)
                burial = self._loop.create_task(self._bury(child), name="skedulr burial")
                self._burials.add(burial)
                burial.add_done_callback(self._burials.discard)

    def _note_death(self, child: Child) -> None:
        if child.has_crashed:
            self._logger.error("process %d has died: %s", child.pid, child.cause)
        if not child.solo and not self._stopping.is_set():
            served = [instance.served for instance in child.instances]
            self._replacing.add(child.number, served, time.monotonic() - child.born)
            self._fill_places()

    async def _bury(self, child: Child) -> None:
        """Give back what a process has left behind, in all its pools."""
        problem = pack_problem(child.cause, "") if child.has_crashed else b""
        await asyncio.gather(
            *(self._leave(instance, child.has_crashed, problem) for instance in child.instances)
        )
        if child.solo and child.has_crashed:  # others may have waited behind the task that did it
            self._suspects.update(instance.pool for instance in child.instances)
        self._fill_places()

    async def _leave(self, instance: Instance, crashed: bool, problem: bytes) -> None:
        more = True
        while more:
            try:
                left = await self._client.run(instance.leave(crashed=crashed, problem=problem))
            except SkedulrError as error:
                self._contact.lost(error)
                await asyncio.sleep(LEAVE_PAUSE)
            else:
                more = left.more
                if left.suspects:
                    self._suspects.add(instance.pool)

    # --- the end
    # -----------------------------------------------------------------------------------

    def _signalled(self) -> None:
        if self._stopping.is_set():
            self._logger.info("worker %s stops at once", self._name)
            self._hurry.set()
        else:
            self._logger.info(
                "worker %s stops, tasks may go on for %g s; a second signal ends them now",
                self._name,
                self._config.grace_seconds,
            )
            self._stopping.set()

    async def _stop_children(self) -> None:
        """Let the processes finish; whoever does not in time is killed."""
        self._tell_all(Order(STOP))
        await self._gone(self._config.grace_seconds + MARGIN, self._hurry)
        if self._children:
            self._tell_all(Order(NOW))
            await self._gone(NOW_MARGIN)
        for child in list(self._children.values()):
            child.kill(ended_by_us=True)
        await self._gone(MARGIN)

    def _tell_all(self, order: Order) -> None:
        for child in self._children.values():
            child.tell(order)

    async def _gone(self, seconds: float, unless: asyncio.Event | None = None) -> None:
        """Until no process is left, or the time is over, or that event happens."""
        until = time.monotonic() + seconds
        while self._children and time.monotonic() < until and not (unless and unless.is_set()):
            await asyncio.sleep(0.02)
            self._reap()

    async def _end_all(self) -> None:
        if self._burials:
            await asyncio.wait(self._burials, timeout=LEAVE_PATIENCE)
        if self._burials:
            self._logger.warning("tasks were not given back; they are when their leases run out")
        for burial in self._burials:
            burial.cancel()
        await asyncio.gather(*self._burials, return_exceptions=True)
        await self._keeper.leave()

    def _close(self) -> None:
        for child in self._children.values():
            child.kill(ended_by_us=True)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            self._loop.remove_signal_handler(number)
        asyncio.set_event_loop(None)
        if self._executor is not None:
            self._executor.shutdown()
        self._loop.close()
