"""A coordinator: its way to Redis, and the services that run while it lives."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Final, Self

from skedulr.app import Skedulr
from skedulr.errors import SkedulrError
from skedulr.sweeps import Sweeper
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_coordinator import faults, feed, orphans, record
from skedulr_coordinator.feed import Feed
from skedulr_coordinator.orphans import Orphans
from skedulr_coordinator.probe import Probe
from skedulr_coordinator.record import Record
from skedulr_coordinator.schedules import Schedules
from skedulr_coordinator.service import Service, Services
from skedulr_coordinator.timeline import Timeline
from skedulr_coordinator.triggers import Triggers

SWEEP_EVERY: Final = 1.0

LEAVE_WITHIN: Final = 1.0
"""Seconds in which an ending coordinator tries to say so."""


class Coordinator:
    """The services of one coordinator, from ``start`` to ``stop`` or in ``async with``.

    ``app`` needs no jobs: it says where Redis is, and which namespace is meant. It stays the
    caller's to close.
    """

    def __init__(self, app: Skedulr) -> None:
        self.app = app
        self.sweeper = Sweeper(app.registry, app.config.namespace)
        self.schedules = Schedules(app)
        self.record = Record(app.registry, lambda: [each.facts() for each in self.services])
        self.feed = Feed(app)
        self.probe = Probe(app)
        self.timeline = Timeline(app)
        self.services = Services([])
        self.orphans = Orphans(app)
        self._triggers: Triggers | None = None

    def _made(self) -> list[Service]:
        """Every service; a new one is one line here."""
        service = partial(
            Service,
            contact=Contact(self.app.logger, self.app.address.url),
            logger=self.app.logger,
        )
        return [
            service("record", self._tell, every=record.EVERY),
            service("schedules", self._schedule, every=0),
            service("sweep", self._sweep, every=0),
            service("feed", self.feed.run_once, every=feed.EVERY),
            service("triggers", self._trigger, every=0),
            service("orphans", self._give_up, every=orphans.EVERY),
        ]

    @property
    def client(self) -> AsyncClient:
        """The connection that all services share; a blocking read needs one of its own."""
        return self.app.aclient

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin all services; they wait for a Redis that is not there yet."""
        self.feed = Feed(self.app)
        self.services = Services(self._made())
        self.services.start()

    async def stop(self) -> None:
        """End all services, and say so, so that the workers sweep from now on."""
        self.feed.close()
        await self.services.stop()
        if self._triggers is not None:
            await self._triggers.close()
        with contextlib.suppress(SkedulrError, TimeoutError):
            async with asyncio.timeout(LEAVE_WITHIN):
                await self.record.leave(self.client)

    async def _tell(self) -> None:
        await self.record.run_once(self.client)

    async def _schedule(self) -> None:
        """Fire what is due, and rest until something may be again."""
        await asyncio.sleep(await self.schedules.run_once(self.client))

    async def _give_up(self) -> bool:
        return await self.orphans.run_once(self.client)

    async def _trigger(self) -> bool:
        if self._triggers is None:
            self._triggers = Triggers(self.app)
        return await self._triggers.run_once(self.client)

    async def _sweep(self) -> None:
        """Sweep, and rest for a second, or until the first lease may be over."""
        seen = await self.sweeper.run_once(self.client)
        seen.tell(self.app.logger)
        faults.reached("sweep.done")
        await asyncio.sleep(seen.rest(SWEEP_EVERY))
