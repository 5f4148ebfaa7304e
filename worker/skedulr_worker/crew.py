"""The processes of a worker: which of them there should be, their births, deaths and successors."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence
from typing import Final

from skedulr.app import Skedulr
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.board import Phase
from skedulr_worker.burials import Burials
from skedulr_worker.children import Child, fork
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots
from skedulr_worker.locks import Locks
from skedulr_worker.orders import Order
from skedulr_worker.relays import Relays
from skedulr_worker.replacing import Replacing
from skedulr_worker.vigil import Vigil

GONE_EVERY: Final = 0.02


class Crew:
    """Makes processes, notices their ends and has others in their places.

    A process is made by a fork, for which the event loop must stand still: whoever runs the loop
    calls ``fork_wanted`` whenever it has stopped.
    """

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        client: AsyncClient,
        contact: Contact,
        loop: asyncio.AbstractEventLoop,
        served: Sequence[PoolSlots],
        name: str,
        locks: Locks | None,
    ) -> None:
        self._app = app
        self._config = config
        self._logger = app.logger
        self._loop = loop
        self._served = served
        self._name = name
        self._locks = locks
        self._children: dict[int, Child] = {}
        self._wanted: list[tuple[int, Sequence[PoolSlots]]] = []
        self._relays = Relays(loop)
        self._replacing = Replacing()
        self._vigil = Vigil()
        self._suspects: set[str] = set()
        """Pools in which tasks wait that must run alone."""
        self._burials = Burials(
            client, contact, app.logger, self._suspects.add, locks, config.lease_seconds
        )
        self._dismissed = False
        self._has_worked = False
        self.cannot_start = False
        """Whether a startup hook has failed before any process has worked."""

    def children(self) -> Sequence[Child]:
        """The processes that live."""
        return list(self._children.values())

    def muster(self) -> None:
        """Have as many processes as the settings say."""
        for number in range(1, self._config.processes + 1):
            self._want(number, self._served)

    def watch(self) -> None:
        """Look after everyone: kill what blocks beyond its time, and fill empty places."""
        awake = self._vigil.look()
        self._relays.catch_up()
        self.reap()
        for child in self.children():
            self._has_worked = self._has_worked or child.board.phase is Phase.WORKING
            if child.is_overdue(self._config.overdue_seconds, awake):
                self._execute(child, "blocks it beyond its time-out")
            elif child.guilty is None and child.is_stuck(self._config.overdue_seconds, awake):
                self._execute(child, "goes on after it was to stop")
            self._look_for_suspects(child)
            if child.board.phase is Phase.RETIRING and not child.solo and not child.is_replaced:
                child.is_replaced = True
                self._want(child.number, child.served)
        self._fill_places()

    def _execute(self, child: Child, why: str) -> None:
        child.execute()
        who = f"task {child.guilty.id}" if child.guilty else "a task"
        self._logger.error("process %d is killed: %s %s", child.pid, who, why)

    def _look_for_suspects(self, child: Child) -> None:
        for instance in child.instances:
            if instance.cell.suspects:
                instance.cell.suspects = False  # the next reply says it again
                self._suspects.add(instance.pool)

    # --- births

    def fork_wanted(self) -> None:
        """Make the processes that are missing; nothing else may run in this one meanwhile."""
        gc.collect()
        gc.freeze()  # a collector that writes to shared objects would copy them
        wanted, self._wanted = self._wanted, []
        for number, served in wanted:
            try:
                child = fork(
                    self._app,
                    self._config,
                    number,
                    served,
                    self._private_descriptors(),
                    self._name,
                    self._locks,
                )
            except OSError as error:
                self._logger.error("no worker process can be made now: %s", error)
                self._replacing.add(number, served, failed=True)
            else:
                self._children[child.pid] = child
                if child.stderr is not None:
                    self._relays.add(child.stderr)

    def _private_descriptors(self) -> list[int]:
        """What only this process may hold open."""
        orders = [child.descriptor for child in self.children() if child.status is None]
        return [*orders, *self._relays.descriptors]

    def _want(self, number: int, served: Sequence[PoolSlots]) -> None:
        """Have a process as soon as the event loop stands still."""
        self._wanted.append((number, served))
        self._loop.stop()

    def _fill_places(self) -> None:
        """Have processes for the places of dead ones, and for suspects to run alone in."""
        if self._dismissed:
            return
        for number, served in self._replacing.due():
            self._want(number, served)
        for pool in self._suspects:
            self._call_solo(pool)
        self._suspects.clear()  # the next reply says it again

    def _call_solo(self, pool: str) -> None:
        """Have one process more for suspects of a pool, unless one of those that are there is free
        for them. There are at most as many as other processes.
        """
        served = [PoolSlots(pool, 1, solo=True)]
        if self._replacing.is_awaited(served) or any(each == served for _, each in self._wanted):
            return
        alone = [
            instance
            for child in self._children.values()
            if child.solo
            for instance in child.instances
            if instance.pool == pool
        ]
        most = max(1, self._config.processes)
        if len(alone) < most and all(instance.cell.count for instance in alone):
            number = self._config.processes + 1 + len(alone)
            self._want(number, served)

    # --- deaths

    def reap(self) -> None:
        """Take note of those that have ended."""
        for child in self.children():
            if child.reap():
                del self._children[child.pid]
                self._note_death(child)
                self._burials.begin(child)

    def _note_death(self, child: Child) -> None:
        if child.has_crashed:
            self._logger.error("process %d has died: %s", child.pid, child.death.text)
        self._has_worked = self._has_worked or child.board.phase > Phase.STARTING
        if child.solo and child.board.phase is not Phase.STARTING:
            self._look_for_suspects(child)
        elif child.has_failed and not self._has_worked:
            self.cannot_start = True
            return
        elif not self._dismissed and not child.is_replaced:
            lived = time.monotonic() - child.born
            self._replacing.add(child.number, child.served, lived, failed=child.has_failed)
        self._fill_places()

    # --- the end

    def dismiss(self, order: Order) -> None:
        """Tell everyone to stop; nobody is replaced any more."""
        self._dismissed = True
        for child in self.children():
            child.tell(order)

    def hang_up(self) -> None:
        """Let everyone know that the terminal has closed."""
        for child in self.children():
            child.hang_up()

    async def gone(self, seconds: float, unless: asyncio.Event | None = None) -> None:
        """Until no process is left, or the time is over, or that event happens."""
        until = time.monotonic() + seconds
        while self._children and time.monotonic() < until and not (unless and unless.is_set()):
            await asyncio.sleep(GONE_EVERY)
            self.reap()

    def kill(self) -> None:
        """End everyone at once, through no fault of theirs."""
        for child in self.children():
            child.kill(ended_by_us=True)

    async def buried(self) -> None:
        """Return when what the dead held is given back, or nothing more can be done about it."""
        await self._burials.end()
