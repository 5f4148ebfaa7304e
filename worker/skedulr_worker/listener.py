"""Waits for the marker that says that there is something to claim, and for claims that are handed
over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from redis import exceptions

from skedulr.commands import Handed, handed
from skedulr.transport import connection as link
from skedulr.transport.connection import Address
from skedulr.transport.contact import Contact
from skedulr.transport.line import Line
from skedulr_worker.instance import Instance

LONGEST_WAIT: Final = 5.0
"""Seconds after which a worker asks by itself: a marker is lost with a process that took it."""

LEASE_PARTS: Final = 3
"""A wait takes at most this part of the lease: what was handed over and got lost is asked for while
it is still owned.
"""

PAUSE: Final = 0.25


class Listener:
    """Blocks on the pool's marker over a connection of its own, which also brings what is handed
    over to an idle instance.

    It never takes a task from the queue itself: what a process had taken so would be lost with it.
    """

    def __init__(
        self,
        instance: Instance,
        address: Address,
        contact: Contact,
        logger: logging.Logger,
        heard: Callable[[], None],
        given: Callable[[Handed], None],
    ) -> None:
        self._line = Line(address, self._lost, self._told)
        self._contact = contact
        self._logger = logger
        self._heard = heard
        self._given = given
        self._pool = instance.pool
        self._name = f"skedulr wake {instance.pool}"
        longest = min(LONGEST_WAIT, instance.lease / LEASE_PARTS)
        self._call = link.pack("BZPOPMIN", instance.wake_key, f"{longest:.3f}")
        self._subscribe = link.pack("SSUBSCRIBE", instance.claims_channel)
        self._limit = longest + address.time_limit
        self._is_connected = False
        self._is_refused = False
        self._waiting: asyncio.Task[None] | None = None
        self._closed = False

    def listen(self) -> None:
        """Wait for one marker, if it is not waited for already, and then call ``heard()``."""
        if self._waiting is None and not self._closed:
            self._waiting = asyncio.create_task(self._wait(), name=self._name)

    def close(self) -> None:
        """Wait for no further marker. One that is waited for still may come, and is heard: it was
        meant for another worker, which gets it by the exchange that follows.
        """
        self._closed = True

    async def end(self) -> None:
        """Close the connection."""
        self.close()
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        await self._line.close()

    def _told(self, message: bytes) -> None:
        try:
            given = handed(message)
        except ValueError:  # nobody of ours has said that
            return
        self._given(given)

    async def _wait(self) -> None:
        """Wait for a marker; on a new connection first make it so that the instance can be told,
        and has to exchange to say that it is idle.
        """
        try:
            if self._is_connected:
                await self._line.call(self._call, self._limit)
            else:
                await self._connect()
        except link.FAILURES as error:
            self._contact.lost(error)
            self._line.leave_past(error)
            await asyncio.sleep(PAUSE)
        self._waiting = None
        self._heard()

    async def _connect(self) -> None:
        """Open the line, and subscribe where the server lets us; a connection that is to block
        beside that has to speak RESP3.
        """
        try:
            await self._line.call(link.pack("HELLO", 3))
            await self._line.call(self._subscribe)
        except exceptions.ResponseError as error:
            if link.is_passing(error):
                raise
            self._tell_refusal(error)
        self._is_connected = True

    def _tell_refusal(self, error: exceptions.ResponseError) -> None:
        if not self._is_refused:
            self._is_refused = True
            self._logger.warning(
                "idle workers of pool %s have to ask for each task, which takes longer, since"
                " nothing may be said to them: %s; allow the user HELLO, SSUBSCRIBE, SPUBLISH and"
                " the channels &{namespace*",
                self._pool,
                error,
            )

    def _lost(self) -> None:
        self._is_connected = False
