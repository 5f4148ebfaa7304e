"""Gives back what processes of a worker have left behind when they ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from skedulr.aio import AsyncClient
from skedulr.contact import Contact
from skedulr.errors import SkedulrError
from skedulr.inspect import pack_problem
from skedulr_worker.children import Child
from skedulr_worker.instance import Instance

LEAVE_PAUSE: Final = 1.0

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
    ) -> None:
        self._client = client
        self._contact = contact
        self._logger = logger
        self._suspected = suspected
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
        problem = pack_problem(child.cause, "") if child.has_crashed else b""
        await asyncio.gather(
            *(self._leave(instance, child.has_crashed, problem) for instance in child.instances)
        )
        if child.solo and child.has_crashed:  # others may have waited behind the task that did it
            for instance in child.instances:
                self._suspected(instance.pool)

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
                    self._suspected(instance.pool)
