"""The sync client: sends commands to Redis within a time limit, over connections that threads
share.

It survives ``fork()`` (a child opens its own connections) and restarts of the server (every command
may be sent again).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from redis import exceptions

from skedulr.commands import Command, Read, Step, Steps
from skedulr.errors import OutOfMemory
from skedulr.transport import connection as link
from skedulr.transport.blocking_line import BlockingLine
from skedulr.transport.connection import Address

T = TypeVar("T")
Exchange = Callable[[BlockingLine, bytes, Any], Any]
"""Sends what is packed on a line, and reads the reply; the third is the command, if it is one."""

FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Sent(Generic[T]):
    """A command, and the connection on which it was sent."""

    command: Command[T]
    line: BlockingLine


class Client:
    """Runs commands on one server; safe to share between threads."""

    def __init__(self, address: Address, on_loss: Callable[[], None] = lambda: None) -> None:
        """``on_loss`` is called when a connection broke: the server may have lost its memory."""
        self.address = address
        self._on_loss = on_loss
        self._free: deque[BlockingLine] = deque()
        self._pid = os.getpid()

    def run(self, command: Command[T]) -> T:
        """The command's reply.

        Raises ``RedisUnavailable`` when there is none within the time limit, ``OutOfMemory``,
        ``UpgradeNeeded``.
        """
        return command.parse(self._attempt(_call, link.pack_call(command), command))

    def perform(self, steps: Steps[T]) -> T:
        """The result of an operation, each of whose steps is run here. Raises as ``run``."""
        reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # Any in the library's types
            reply = self._take_step(step)

    def _take_step(self, step: Step) -> Any:
        if isinstance(step, Command):
            return self.run(step)
        if isinstance(step, Read):
            return step.parse(self.ask(*step.calls))
        return self.run_together(step.commands)

    def run_together(self, commands: Sequence[Command[T]]) -> list[T]:
        """The replies to commands that travel in one trip, in order; together they should not take
        the server longer than the time limit. Raises as ``run``, all of them being sent by then.
        """
        data = b"".join(map(link.pack_call, commands))
        replies = self._attempt(partial(_call_together, commands=commands), data, commands[0])
        return [each.parse(reply) for each, reply in zip(commands, replies, strict=True)]

    def stream(self, commands: Iterable[Command[T]]) -> Iterator[T | OutOfMemory]:
        """The replies in order, one command ahead: the server works on one while the next is
        made.

        A command that a full server refuses is answered by the error, since the others go on.
        """
        line: BlockingLine | None = None
        ahead: _Sent[T] | None = None
        is_refused = False
        try:
            for command in commands:
                if ahead is not None and (is_refused or not ahead.line.is_open):
                    # It will be sent again, and before the next: they count in this order.
                    reply, _ = self._answer(ahead)
                    ahead, is_refused = None, False
                    yield reply
                line = line or self._take()
                sent = self._send(line, command)
                if ahead is not None:
                    reply, is_refused = self._answer(ahead)
                    yield reply
                ahead = sent
            if ahead is not None:
                yield self._answer(ahead)[0]
            ahead = None
        finally:
            if line is not None:
                if ahead is not None:
                    line.close()
                self._free.append(line)

    def ask(self, *calls: Sequence[bytes | str | int]) -> list[Any]:
        """The replies to plain read-only Redis commands, sent in one trip."""
        data = b"".join(link.pack(*call) for call in calls)
        return self._attempt(partial(_send_and_read, replies=len(calls)), data)  # type: ignore[no-any-return]

    def pop(self, key: bytes, seconds: float) -> bytes | None:
        """The next member of a list, awaited for that long; nothing when none came or Redis
        went away.
        """
        line = self._take()
        try:
            line.send(link.pack("BLPOP", key, f"{max(seconds, 0.01):.3f}"))
            with line.patience(seconds):
                reply = line.read()
        except link.FAILURES as error:
            self._lose(line)
            if refusal := link.refusal(error):
                raise refusal from error
            time.sleep(min(seconds, LONGEST_PAUSE))
            return None
        except BaseException:
            line.close()  # what is popped from now on would be lost
            raise
        self._free.append(line)
        return reply[1] if reply else None

    def close(self) -> None:
        """Close all connections that no thread is using."""
        while self._free:
            with contextlib.suppress(IndexError):
                self._free.pop().close()

    def _take(self) -> BlockingLine:
        if self._pid != os.getpid():  # a forked child must not talk over its parent's sockets
            self._free = deque()
            self._pid = os.getpid()
        try:
            return self._free.pop()
        except IndexError:
            return BlockingLine(self.address)

    def _lose(self, line: BlockingLine) -> None:
        """A connection broke: those that lie idle are no better, and each would cost a try."""
        line.close()
        self.close()
        self._on_loss()

    def _send(self, line: BlockingLine, command: Command[T]) -> _Sent[T]:
        try:
            line.send(link.pack_call(command))
        except link.UNREACHED:
            self._lose(line)
        return _Sent(command, line)

    def _answer(self, sent: _Sent[Any]) -> tuple[Any, bool]:
        """The reply that is due; where it got lost, or says to try again, the command is sent
        again. And whether the server refused it at first, as it did then what was sent behind it:
        it may have forgotten the script.
        """
        is_refused = False
        try:
            if sent.line.is_open:
                try:
                    return sent.command.parse(sent.line.read()), False
                except link.UNREACHED:
                    self._lose(sent.line)
                except exceptions.ResponseError:
                    is_refused = True
            return self.run(sent.command), is_refused
        except OutOfMemory as error:
            return error, is_refused

    def _attempt(self, exchange: Exchange, data: bytes, command: Command[Any] | None = None) -> Any:
        """Try until it answers, or the time limit is over."""
        until = 0.0
        pause = FIRST_PAUSE
        while True:
            line = self._take()
            try:
                reply = exchange(line, data, command)
            except link.FAILURES as error:
                if refusal := link.refusal(error, command):
                    self._free.append(line)
                    raise refusal from error
                self._lose(line)
                until = until or time.monotonic() + self._time_left(error)
                if time.monotonic() + pause > until or link.is_final(error):
                    raise link.unavailable(self.address, error) from error
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            except BaseException:
                line.close()  # a reply may still be under way
                raise
            else:
                self._free.append(line)
                return reply

    def _time_left(self, error: BaseException) -> float:
        """After a failure: a reply that did not come has used the time up already."""
        return 0.0 if isinstance(error, exceptions.TimeoutError) else self.address.time_limit


def _call(line: BlockingLine, data: bytes, command: Command[Any]) -> Any:
    """The reply to a script call; a script that the server has forgotten is told to it first."""
    line.send(data)
    try:
        return line.read()
    except exceptions.NoScriptError:
        return _send_and_read(line, link.pack_load(command) + data, replies=2)[1]


def _call_together(
    line: BlockingLine, data: bytes, _: object, *, commands: Sequence[Command[Any]]
) -> list[Any]:
    """The replies to several script calls, which are sent again once the server knows them all."""
    try:
        return _send_and_read(line, data, replies=len(commands))
    except exceptions.NoScriptError:
        loads = link.pack_loads(commands)
        return _send_and_read(line, b"".join(loads) + data, replies=len(loads) + len(commands))[
            len(loads) :
        ]


def _send_and_read(line: BlockingLine, data: bytes, _: object = None, *, replies: int) -> list[Any]:
    line.send(data)
    read: list[Any] = []
    failure: exceptions.ResponseError | None = None
    for _ in range(replies):
        try:
            read.append(line.read())
        except exceptions.ResponseError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return read
