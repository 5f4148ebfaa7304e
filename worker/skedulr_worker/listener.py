"""Waits for the marker that says that there is something to claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from redis import exceptions

from skedulr import connection as link
from skedulr.aio import Line
from skedulr.connection import Address
from skedulr_worker.contact import Contact
from skedulr_worker.instance import Instance

LONGEST_WAIT: Final = 5
"""Seconds after which a worker asks by itself: a marker is lost with a process that took it."""

PAUSE: Final = 0.25


class Listener:
    """Blocks on the pool's marker, over a connection of its own, and then calls ``heard()``.

    It never takes a task itself: what a process had taken so would be lost with it.
    """

    def __init__(
        self, instance: Instance, address: Address, contact: Contact, heard: Callable[[], None]
    ) -> None:
        self._line = Line(address)
        self._contact = contact
        self._heard = heard
        self._name = f"skedulr wake {instance.pool}"
        self._call = link.pack("BZPOPMIN", instance.wake_key, str(LONGEST_WAIT))
        self._limit = LONGEST_WAIT + address.time_limit
        self._waiting: asyncio.Task[None] | None = None
        self._closed = False

    def listen(self) -> None:
        """Wait for one marker, if it is not waited for already."""
        if self._waiting is None and not self._closed:
            self._waiting = asyncio.create_task(self._wait(), name=self._name)

    def close(self) -> None:
        """Wait no more."""
        self._closed = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def end(self) -> None:
        """Close the connection."""
        self.close()
        if self._waiting is not None:
            await asyncio.gather(self._waiting, return_exceptions=True)
        await self._line.close()

    async def _wait(self) -> None:
        try:
            await self._line.call(self._call, self._limit)
        except (*link.UNREACHED, exceptions.ResponseError) as error:
            self._contact.lost(error)
            await asyncio.sleep(PAUSE)
        self._waiting = None
        self._heard()
