"""Releases at once what workers of this host held that have died without giving it back."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from skedulr import commands
from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr.loops import Loop, state_after
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.config import WorkerConfig
from skedulr_worker.lock import Lock
from skedulr_worker.locks import Locks
from skedulr_worker.reports import TTL_MS

EVERY: Final = 1.0
PER_FILE: Final = 0.02
"""Seconds of pause for each lock file of the host: many workers look more rarely."""

JITTER: Final = 0.2


class Predecessors:
    """Takes the locks of the dead, now and for as long as the worker lives."""

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        client: AsyncClient,
        contact: Contact,
        locks: Locks,
        name: str,
    ) -> None:
        self.loop = Loop("predecessors")
        self._app = app
        self._config = config
        self._client = client
        self._contact = contact
        self._locks = locks
        self._name = name
        self._taken: list[Lock] = []
        """Held until their tasks are released: a process that dies before leaves them to others."""

    async def run(self) -> None:
        """Look and release until cancelled."""
        self._tell_of_namesakes()
        while True:
            self._locks.keep()
            self._taken += self._locks.take()
            try:
                while self._taken:
                    await self._release(self._taken[-1])
                    self._locks.drop(self._taken.pop())
            except SkedulrError as error:
                self._contact.lost(error)
                self.loop.turn(state_after(error))
            else:
                self.loop.turn()
            await asyncio.sleep(self._pause() * random.uniform(1 - JITTER, 1))

    def _pause(self) -> float:
        return max(EVERY, PER_FILE * self._locks.seen)

    async def _release(self, lock: Lock) -> None:
        """Nothing of that instance runs any more: its tasks go back to their places."""
        holder = lock.holder
        tasks = 0
        for pool in holder.pools:
            more = True
            while more:
                left = await self._client.run(
                    commands.leave(self._app.keys(pool), holder.instance, lost=True)
                )
                more, tasks = left.more, tasks + left.back
        await self._client.run(commands.report(self._app.registry, holder.worker, b"", TTL_MS))
        self._app.logger.warning(
            "worker process %s (%d) has died without leaving: %d tasks released",
            holder.instance,
            holder.pid,
            tasks,
        )

    def _tell_of_namesakes(self) -> None:
        """Say once which workers of this host run under the same id. They do no harm: every start
        has a name of its own, under which it claims.
        """
        others = {
            holder.worker: holder.pid
            for holder in self._locks.living()
            if holder.id == self._config.name and holder.worker != self._name
        }
        for worker, pid in sorted(others.items()):
            log = self._app.logger.warning if self._config.id else self._app.logger.info
            log(
                "another worker with the id %r runs on this host: %s (process %d); this one goes by"
                " %s. Give each an --id of its own to tell them apart",
                self._config.name,
                worker,
                pid,
                self._name,
            )
