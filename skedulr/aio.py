"""The async client: many coroutines share one connection, and their commands travel together.

What is sent in one turn of the event loop arrives in one write; replies are handed out in order.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import redis.asyncio
from redis import exceptions

from skedulr import connection as link
from skedulr.client import FIRST_PAUSE, LONGEST_PAUSE
from skedulr.commands import Command, Steps
from skedulr.connection import Address

T = TypeVar("T")


GRACE: Final = 0.05
"""Seconds that a late reply gets: a loop that was blocked has not read yet what came in time."""


class Line:
    """One connection on which calls are pipelined; it connects when it is first used, and again
    after a failure.
    """

    def __init__(self, address: Address, on_loss: Callable[[], None] = lambda: None) -> None:
        """``on_loss`` is called when the connection broke: the server may have lost its memory."""
        self.address = address
        self._on_loss = on_loss
        self._connection: redis.asyncio.Connection | None = None
        self._opening: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []

    async def call(self, data: bytes, time_limit: float | None = None) -> Any:
        """The reply to one packed command.

        Raises what redis-py raises; after ``time_limit`` seconds (the address' own unless given)
        its ``TimeoutError``, and the connection is given up.
        """
        if self._connection is None:
            await self._open()
        future = self.post(data)
        loop = asyncio.get_running_loop()
        limit = self.address.time_limit if time_limit is None else time_limit
        timer = loop.call_later(limit, self.give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    @property
    def is_open(self) -> bool:
        """Whether ``post`` may be called."""
        return self._connection is not None

    def post(self, data: bytes, *, at_once: bool = False) -> asyncio.Future[Any]:
        """Send a command with all others of this turn of the loop, or ``at_once``; the line must
        be open.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(future)
        self._unsent.append(data)
        if at_once:
            self._send()
        elif len(self._unsent) == 1:
            loop.call_soon(self._send)
        return future

    def give_up(self, future: asyncio.Future[Any]) -> None:
        """A reply has not come in time: it fails, and so does all that waits behind it."""
        if not future.done():
            asyncio.get_running_loop().call_later(GRACE, self._give_up, future)

    async def close(self) -> None:
        """Close the connection; what was under way fails. A later call opens it again."""
        tasks = [task for task in (self._opening, self._reader) if task is not None]
        connection = self._connection
        self._break(link.Closed("the program closed the connection"))
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if connection is not None:  # a reader that was cancelled before it began has not done it
            await connection.disconnect(nowait=True)

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
        if self._connection is None:
            raise exceptions.ConnectionError("the connection was closed at once")

    def _opened(self, opening: asyncio.Task[None]) -> None:
        self._opening = None
        if not opening.cancelled():
            opening.exception()  # those who wanted it may have been cancelled

    async def _connect(self) -> None:
        connection = self.address.open_async()
        try:
            async with asyncio.timeout(self.address.time_limit):
                await connection.connect()
            _insist_on_cancellation()
        except BaseException as error:
            _shut(connection)
            if isinstance(error, TimeoutError):
                raise exceptions.TimeoutError("no connection in time") from error
            raise
        self._connection = connection
        self._reader = asyncio.create_task(self._read(connection), name="skedulr reads")
        self._reader.add_done_callback(partial(self._ended, connection))

    def abandon(self, failure: Exception) -> None:
        """Give the connection up: what is under way fails, and the next call opens another."""
        if self._reader is not None:
            self._reader.cancel()
        self._break(failure)

    def _send(self) -> None:
        data, self._unsent = b"".join(self._unsent), []
        if self._connection is not None and data:
            try:
                self._connection._writer.write(data)  # type: ignore[union-attr]  # send_packed_command is a coroutine
            except (OSError, RuntimeError) as error:  # uvloop raises where asyncio keeps silent
                self.abandon(exceptions.ConnectionError(f"sending failed: {error}"))

    async def _read(self, connection: redis.asyncio.Connection) -> None:
        while True:
            self._hand_out(await _next_reply(connection))

    def _ended(self, connection: redis.asyncio.Connection, reader: asyncio.Task[None]) -> None:
        # Not in the reader: a task that is cancelled before its first step cleans up nothing.
        _shut(connection)
        error = None if reader.cancelled() else reader.exception()
        if connection is self._connection:
            closed = exceptions.ConnectionError("the connection was closed")
            self._break(error if isinstance(error, Exception) else closed)

    def _hand_out(self, reply: Any) -> None:
        """Give a reply to the one whose turn it is."""
        if not self._waiting:
            raise exceptions.ConnectionError("a reply that nobody waits for")
        future = self._waiting.popleft()
        if future.done():
            return
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)

    def _give_up(self, future: asyncio.Future[Any]) -> None:
        if not future.done():
            future.set_exception(exceptions.TimeoutError("no reply in time"))
            # Replies after this one could not be told apart in time either.
            self.abandon(exceptions.ConnectionError("the reply before did not come in time"))

    def _break(self, failure: Exception) -> None:
        """All that is under way fails, and the next call opens another connection."""
        broken = self._connection is not None
        self._connection = self._reader = None
        waiting, self._waiting = self._waiting, deque()
        self._unsent = []
        for future in waiting:
            if not future.done():
                future.set_exception(failure)
        if broken:
            self._on_loss()


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


async def _next_reply(connection: redis.asyncio.Connection) -> Any:
    """The next reply; a refusal is a value like any other."""
    try:
        return await connection.read_response(
            disable_decoding=True, timeout=math.inf, disconnect_on_error=False
        )
    except exceptions.ResponseError as error:
        return error


class AsyncClient:
    """Runs commands on one server for one event loop."""

    def __init__(self, address: Address, on_loss: Callable[[], None] = lambda: None) -> None:
        self.address = address
        self.line = Line(address, on_loss)

    async def run(self, command: Command[T], *, persist: bool = True) -> T:
        """The command's reply.

        Raises ``RedisUnavailable`` when there is none within the time limit (with ``persist``
        false: at the first failure), ``OutOfMemory``, ``UpgradeNeeded``.
        """
        data = link.pack_call(command)

        async def once() -> Any:
            try:
                return await self.line.call(data)
            except exceptions.NoScriptError:
                await self.line.call(link.pack_load(command))
                return await self.line.call(data)

        return command.parse(await self._attempt(once, command, persist))

    async def perform(self, steps: Steps[T]) -> T:
        """The result of an operation, each of whose steps is run here. Raises as ``run``."""
        reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # Any in the library's types
            reply = (
                await self.run(step)
                if isinstance(step, Command)
                else step.parse(await self.ask(*step.calls))
            )

    async def ask(self, *calls: Sequence[bytes | str | int]) -> list[Any]:
        """The replies to plain read-only Redis commands, sent in one trip."""

        async def once() -> Any:
            return await asyncio.gather(*(self.line.call(link.pack(*call)) for call in calls))

        return await self._attempt(once, None, True)  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the connection."""
        await self.line.close()

    async def _attempt(self, once: Any, command: Command[Any] | None, persist: bool) -> Any:
        loop = asyncio.get_running_loop()
        until = 0.0
        pause = FIRST_PAUSE
        while True:
            try:
                return await once()
            except (*link.UNREACHED, exceptions.ResponseError) as error:
                if isinstance(error, exceptions.ResponseError):
                    if not link.is_passing(error):
                        raise link.explained(error, command) from error
                    self.line.abandon(error)  # its successor has to be found anew
                timed_out = isinstance(error, exceptions.TimeoutError)
                until = until or loop.time() + (
                    0.0 if timed_out or not persist else self.address.time_limit
                )
                if loop.time() + pause > until or link.is_final(error):
                    raise link.unavailable(self.address, error) from error
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
