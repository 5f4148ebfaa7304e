"""Gives back what processes of a worker have left behind when they ended."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from skedulr.errors import SkedulrError
from skedulr.reports import pack_problem
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.children import Child
from skedulr_worker.instance import Instance
from skedulr_worker.lock import Lock
from skedulr_worker.locks import Locks

LEAVE_PAUSE: Final = 1.0

OVER_EVERY: Final = 0.02
WORTH_A_WORD: Final = 1.0
"""Seconds after which it is said what the burial waits for."""

LEAVE_PATIENCE: Final = 5.0
"""Seconds in which a stopping worker tries to give its tasks back; after that, leases run out."""


class Burials:
    """Lets the instances of dead processes leave their pools, however long Redis is away.

    ``suspected(pool)`` is called where tasks of a pool have to run alone from now on.
    """

    def __init__(
        self,
        client: AsyncClient,
        contact: Contact,
        logger: logging.Logger,
        suspected: Callable[[str], None],
        locks: Locks | None,
        lease: float,
    ) -> None:
        self._client = client
        self._contact = contact
        self._logger = logger
        self._suspected = suspected
        self._locks = locks
        self._lease = lease
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, child: Child) -> None:
        """Give back what a process that has ended held, in all its pools."""
        burial = asyncio.get_running_loop().create_task(self._bury(child), name="skedulr burial")
        self._under_way.add(burial)
        burial.add_done_callback(self._under_way.discard)

    async def end(self) -> None:
        """Return when all have left, or nothing more can be done about it."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LEAVE_PATIENCE)
        if self._under_way:
            self._logger.warning("tasks were not given back; they are when their leases run out")
        for burial in self._under_way:
            burial.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _bury(self, child: Child) -> None:
        if child.has_crashed or child.ended_by_us:
            await self._over(child.lock)
        await asyncio.gather(*(self._leave(child, instance) for instance in child.instances))
        if child.solo and child.has_crashed:  # others may have waited behind the task that did it
            for instance in child.instances:
                self._suspected(instance.pool)
        if self._locks is not None and child.lock is not None:
            self._locks.drop(child.lock)

    async def _over(self, lock: Lock | None) -> None:
        """Return when nothing of the instance runs any more: a process may have forked others that
        go on with its task. Once the lease is over, that protects the task no longer.
        """
        until = time.monotonic() + self._lease
        said = False
        while lock is not None and not lock.is_free() and time.monotonic() < until:
            if not said and time.monotonic() > until - self._lease + WORTH_A_WORD:
                said = True
                self._logger.warning(
                    "%s has died, but something that its jobs have forked still runs; its tasks"
                    " wait for the end of that, or of the lease",
                    lock.holder.instance,
                )
            await asyncio.sleep(OVER_EVERY)

    async def _leave(self, child: Child, instance: Instance) -> None:
        guilty, crashed = child.guilty, child.has_crashed
        if guilty is not None and guilty.pool != instance.pool:
            crashed = False  # it was no task of this pool
        death = child.death
        problem = pack_problem(death.text, "", death.facts()) if crashed else b""
        ids = [guilty.id] if guilty is not None else []
        leave = instance.leave(crashed=crashed, problem=problem, guilty=ids)
        more = True
        while more:
            try:
                left = await self._client.run(leave)
            except SkedulrError as error:
                self._contact.lost(error)
                await asyncio.sleep(LEAVE_PAUSE)
            else:
                more = left.more
                if left.suspects:
                    self._suspected(instance.pool)
