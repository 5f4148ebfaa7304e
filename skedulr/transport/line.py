"""One async connection on which calls are pipelined.

What is sent in one turn of the event loop arrives in one write; replies are handed out in order.
redis-py connects and logs in; from then on the transport is read and written here, since between a
task and its worker each wake-up and each layer is time that a user waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import redis.asyncio
from redis import exceptions

from skedulr.transport import connection as link
from skedulr.transport.answer import Awaited
from skedulr.transport.connection import Address
from skedulr.transport.time_limit import within

GRACE: Final = 0.05
"""Seconds that a late reply gets: a loop that was blocked has not read yet what came in time."""


class Line:
    """One connection; it connects when it is first used, and again after a failure."""

    def __init__(
        self,
        address: Address,
        on_loss: Callable[[], None] = lambda: None,
        on_message: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """``on_loss`` is called when the connection broke: the server may have lost its memory;
        ``on_message`` with each message of a channel to which the line is subscribed.
        """
        self.address = address
        self._on_loss = on_loss
        self._on_message = on_message
        self._wire: _Wire | None = None
        self._opening: asyncio.Task[None] | None = None
        self._guard: asyncio.Task[None] | None = None
        self._waiting: deque[Awaited] = deque()
        self._unsent: list[bytes] = []

    async def call(self, data: bytes, time_limit: float | None = None) -> Any:
        """The reply to one packed command.

        Raises what redis-py raises; after ``time_limit`` seconds (the address' own unless given)
        its ``TimeoutError``, and the connection is given up.
        """
        if self._wire is None:
            await self._open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self.post(data, future)
        limit = self.address.time_limit if time_limit is None else time_limit
        timer = loop.call_later(limit, self.give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    async def call_all(self, calls: Sequence[bytes]) -> list[Any]:
        """The replies to packed commands that are sent in one write, in order; raises as ``call``
        what the first that fails comes to.
        """
        if not calls:
            return []
        if self._wire is None:
            await self._open()
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Any]] = [loop.create_future() for _ in calls]
        for data, future in zip(calls, futures, strict=True):
            self.post(data, future)
        timer = loop.call_later(self.address.time_limit, self.give_up, futures[-1])
        try:
            return await asyncio.gather(*futures)
        finally:
            timer.cancel()

    @property
    def is_open(self) -> bool:
        """Whether ``post`` may be called."""
        return self._wire is not None

    def post(self, data: bytes, awaited: Awaited, *, at_once: bool = False) -> None:
        """Send a command with all others of this turn of the loop, or ``at_once``; the line must
        be open. The reply is handed to ``awaited``, perhaps before this returns.
        """
        self._waiting.append(awaited)
        self._unsent.append(data)
        if at_once:
            self._send()
        elif len(self._unsent) == 1:
            asyncio.get_running_loop().call_soon(self._send)

    def give_up(self, awaited: Awaited) -> None:
        """A reply has not come in time: it fails, and so does all that waits behind it."""
        if not awaited.done():
            asyncio.get_running_loop().call_later(GRACE, self._give_up, awaited)

    def abandon(self, failure: Exception) -> None:
        """Give the connection up: what is under way fails, and the next call opens another."""
        wire, self._wire = self._wire, None
        waiting, self._waiting = self._waiting, deque()
        self._unsent = []
        if wire is not None:
            wire.cut()
        for awaited in waiting:
            if not awaited.done():
                awaited.set_exception(failure)
        if wire is not None:
            self._on_loss()

    def leave_past(self, error: Exception) -> None:
        """Connect anew next time where ``error`` says that this server cannot do it now."""
        if link.is_past(error):
            self.abandon(error)

    async def close(self) -> None:
        """Close the connection; what was under way fails. A later call opens it again."""
        tasks = [task for task in (self._opening, self._guard) if task is not None]
        self.abandon(link.Closed("the program closed the connection"))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _open(self) -> None:
        """One attempt for all who want it: what it comes to, it comes to for all of them."""
        opening = self._opening
        if opening is None:
            opening = self._opening = asyncio.create_task(self._connect(), name="skedulr opens")
            opening.add_done_callback(self._opened)
        await asyncio.wait([opening])
        if opening.cancelled():
            raise link.Closed("the program closed the connection")
        opening.result()
        if self._wire is None:
            raise exceptions.ConnectionError("the connection was closed at once")

    def _opened(self, opening: asyncio.Task[None]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # those who wanted it may have been cancelled

    async def _connect(self) -> None:
        connection = self.address.open_async()
        try:
            async with within(self.address.time_limit):
                await connection.connect()
            _insist_on_cancellation()
        except BaseException as error:
            _shut(connection)
            if isinstance(error, TimeoutError):
                raise exceptions.TimeoutError("no connection in time") from error
            raise
        wire = self._wire = _Wire(connection, self._hand_out, self._lost)
        self._guard = asyncio.create_task(wire.is_over(), name="skedulr holds a connection")
        self._guard.add_done_callback(partial(self._guarded, wire))

    def _send(self) -> None:
        data, self._unsent = b"".join(self._unsent), []
        if self._wire is not None and data:
            try:
                self._wire.transport.write(data)
            except (OSError, RuntimeError) as error:  # uvloop raises where asyncio keeps silent
                self.abandon(exceptions.ConnectionError(f"sending failed: {error}"))

    def _hand_out(self, reply: Any) -> None:
        """Give a reply to the one whose turn it is; a message comes out of turn."""
        if link.is_unasked(reply):
            if reply[0] == b"smessage":
                self._on_message(reply[2])
            return
        if not self._waiting:
            raise exceptions.ConnectionError("a reply that nobody waits for")
        awaited = self._waiting.popleft()
        if awaited.done():
            return
        if isinstance(reply, Exception):
            awaited.set_exception(reply)
        else:
            awaited.set_result(reply)

    def _lost(self, wire: _Wire, error: Exception) -> None:
        if wire is self._wire:
            self.abandon(error)

    def _guarded(self, wire: _Wire, guard: asyncio.Task[None]) -> None:
        # Not in the guard: a task that is cancelled before its first step cleans up nothing.
        if guard is self._guard:
            self._guard = None
        wire.cut()
        self._lost(wire, exceptions.ConnectionError("the connection was closed"))

    def _give_up(self, awaited: Awaited) -> None:
        if not awaited.done():
            awaited.set_exception(exceptions.TimeoutError("no reply in time"))
            # Replies after this one could not be told apart in time either.
            self.abandon(exceptions.ConnectionError("the reply before did not come in time"))


class _Wire(asyncio.Protocol):
    """A transport, taken over from redis-py: hands out what it reads, and tells when it is lost."""

    def __init__(
        self,
        connection: redis.asyncio.Connection,
        received: Callable[[Any], None],
        lost: Callable[[_Wire, Exception], None],
    ) -> None:
        writer = connection._writer
        if writer is None:
            raise exceptions.ConnectionError("the connection was closed at once")
        self.transport = writer.transport
        self._connection = connection  # whose writer closes the transport when nothing refers to it
        self._received = received
        self._lost = lost
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = link.reply_reader()
        self.transport.set_protocol(self)

    def cut(self) -> None:
        """Close it at once."""
        self.transport.abort()
        _shut(self._connection)

    async def is_over(self) -> None:
        """Return when it is closed. Whoever is cancelled in this, as a loop does at its end with
        all that still runs, has to cut it.
        """
        await self._over

    def data_received(self, data: bytes) -> None:
        """Hand out the replies that are complete by now; a refusal is a value like any other."""
        gets = self._reader.gets
        self._reader.feed(data)
        try:
            while (reply := gets()) is not link.NO_REPLY:
                self._received(reply)
        except (exceptions.ConnectionError, exceptions.InvalidResponse) as error:
            self._lost(self, error)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server closed it, or it broke."""
        if not self._over.done():
            self._over.set_result(None)
        what = f": {exc}" if exc else ""
        self._lost(self, exceptions.ConnectionError(f"the connection was closed{what}"))


def _insist_on_cancellation() -> None:
    """Before Python 3.12 ``wait_for``, which redis-py uses, can swallow that its task was
    cancelled; what is opened after that, nobody closes.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _shut(connection: redis.asyncio.Connection) -> None:
    """Close a connection at once; its own method awaits, which not everybody can."""
    writer = connection._writer
    connection._reader = connection._writer = None
    if writer is not None:
        writer.close()
