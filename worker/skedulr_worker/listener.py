"""Waits for the marker that says that there is something to claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from skedulr.transport import connection as link
from skedulr.transport.connection import Address
from skedulr.transport.contact import Contact
from skedulr.transport.line import Answer, Line
from skedulr_worker.exchange import Exchange
from skedulr_worker.instance import Instance

LONGEST_WAIT: Final = 5.0
"""Seconds after which a worker asks by itself: a marker is lost with a process that took it."""

LEASE_PARTS: Final = 6
"""A wait takes at most this part of the lease, so that what it brings is not too old to start."""

PAUSE: Final = 0.25
NOT_BLOCKED_PAUSE: Final = 0.001


class Listener:
    """Blocks on the pool's marker over a connection of its own.

    It never takes a task itself: what a process had taken so would be lost with it. A worker that
    runs nothing sends its next exchange right behind the blocking call: Redis carries it out as
    soon as the marker is there, and the tasks come with the same answer.
    """

    def __init__(
        self, instance: Instance, address: Address, contact: Contact, heard: Callable[[], None]
    ) -> None:
        self._line = Line(address, self._forget_connection)
        self._contact = contact
        self._heard = heard
        self._name = f"skedulr wake {instance.pool}"
        longest = min(LONGEST_WAIT, instance.lease / LEASE_PARTS)
        self._call = link.pack("BZPOPMIN", instance.wake_key, f"{longest:.3f}")
        self._limit = longest + address.time_limit
        self._connection_id = 0
        self._waiting: asyncio.Task[None] | None = None
        self._interrupting: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def can_carry(self) -> bool:
        """Whether an exchange may be sent behind the blocking call, and be interrupted there."""
        return self._connection_id != 0 and self._waiting is None and not self._closed

    def listen(self) -> None:
        """Wait for one marker, if it is not waited for already, and then call ``heard()``."""
        if self._waiting is None and not self._closed:
            self._waiting = asyncio.create_task(self._wait(), name=self._name)

    def carry(self, exchange: Exchange, free: int) -> None:
        """Begin an exchange that Redis carries out once the marker is there or the wait is over."""
        self._line.post(self._call, Answer(_ignore))
        exchange.begin_behind(self._line, free, self._limit)

    def interrupt(self, line: Line, is_over: Callable[[], bool], ended: Callable[[], None]) -> None:
        """End the wait of a carried exchange, by a word over another line.

        It is said until the wait ``is_over``, since it may overtake the blocking call; ``ended()``
        is called when it was this word that ended it.
        """
        if self._interrupting is None:
            self._interrupting = asyncio.create_task(self._interrupt(line, is_over, ended))

    def close(self) -> None:
        """Wait no more."""
        self._closed = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def end(self) -> None:
        """Close the connection."""
        self.close()
        tasks = [task for task in (self._waiting, self._interrupting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.close()

    async def _wait(self) -> None:
        try:
            if self._connection_id == 0:
                self._connection_id = await self._line.call(link.pack("CLIENT", "ID"))
            await self._line.call(self._call, self._limit)
        except link.FAILURES as error:
            self._contact.lost(error)
            await asyncio.sleep(PAUSE)
        self._waiting = None
        self._heard()

    async def _interrupt(
        self, line: Line, is_over: Callable[[], bool], ended: Callable[[], None]
    ) -> None:
        word = link.pack("CLIENT", "UNBLOCK", self._connection_id)
        try:
            while not is_over():
                pause = NOT_BLOCKED_PAUSE
                try:
                    if await line.call(word) == 1:
                        ended()
                        return
                except link.FAILURES:
                    pause = PAUSE
                await asyncio.sleep(pause)
        finally:
            self._interrupting = None

    def _forget_connection(self) -> None:
        self._connection_id = 0


def _ignore(_: Answer) -> None:
    """What became of the wait does not matter: the exchange behind it tells."""
