"""A job process as its worker process knows it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final, NamedTuple, Protocol

from skedulr.states import State
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.isolation import channel
from skedulr_worker.isolation.channel import Inbox
from skedulr_worker.isolation.link import Died, NurseryLink

LAST_WORDS: Final = 1.0
"""Seconds after its death in which what a job process has sent must have been read."""


class Ended(NamedTuple):
    """How an attempt ended in a job process, as that process tells it."""

    reason: str
    """Why it was interrupted, empty where it was not."""
    returned: bool
    """Whether the job returned; else it raised."""
    state: State
    result: bytes
    problem: bytes
    delay_ms: int
    verdict: str
    kind: str
    line: str
    """The error in one line."""
    rss: int
    """Resident memory of the process (bytes)."""
    spent: bool
    """Whether the process should run no other job: this one has changed its limits or the like."""


class Keeper(Protocol):
    """Who uses a job process."""

    def ready(self, process: JobProcessHandle) -> None:
        """It can take an attempt."""

    def ended(self, process: JobProcessHandle, attempt: Attempt, end: Ended) -> None:
        """Its attempt is over, and it can take another one."""

    def told(self, attempt: Attempt, message: list[Any]) -> None:
        """A job has reported progress or a line for its log."""

    def died(self, process: JobProcessHandle, attempt: Attempt | None, death: Died | None) -> None:
        """It is gone, with the attempt that it ran."""


class JobProcessHandle(asyncio.Protocol):
    """The channel to one job process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, link: NurseryLink, keeper: Keeper) -> None:
        self._loop = loop
        self._link = link
        self._keeper = keeper
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._serial = 0
        self._death: Died | None = None
        self._is_dead = False
        self._is_cut = False
        self._is_over = False
        self._is_leaving = False
        self.attempt: Attempt | None = None
        self.is_ready = False
        self.pid = 0
        self.tasks = 0
        """Attempts that it has begun."""
        self.rss = 0
        self._slot, sock = link.bear(self)
        self._opening = loop.create_task(self._open(sock), name="skedulr job process")

    @property
    def is_idle(self) -> bool:
        """Whether it can take an attempt."""
        return self.is_ready and self.attempt is None and not self._is_leaving and not self._is_dead

    def run(self, attempt: Attempt, serial: int, body: bytes, margin: float) -> None:
        """Have it run an attempt."""
        assert self._transport is not None
        self.attempt, self._serial = attempt, serial
        self.tasks += 1
        self._link.say(channel.RUN, self._slot, serial, attempt.deadline or 0.0, margin)
        facts = (attempt.id, attempt.job, attempt.pool, attempt.instance)
        numbers = (attempt.attempt, attempt.fence, attempt.deadline)
        self._transport.write(channel.pack(channel.RUN, serial, *facts, *numbers, body))

    def stop(self, reason: Stop, margin: float) -> None:
        """Interrupt its attempt, and kill it if that does not end within the margin (seconds)."""
        self._link.say(channel.STOP, self._slot, self._serial, reason.value, margin)

    def leave(self) -> None:
        """Let it end by itself: it is idle."""
        self._is_leaving = True
        if self._transport is not None:
            self._transport.close()

    def kill(self) -> None:
        """End it at once."""
        self._link.say(channel.KILL, self._slot)

    # --- what it says

    async def _open(self, sock: socket.socket) -> None:
        try:
            await self._loop.create_unix_connection(lambda: self, sock=sock)
        except OSError:
            sock.close()
            self.connection_lost(None)

    def connection_made(self, transport: Any) -> None:
        """The channel is open."""
        self._transport = transport
        if self._is_leaving:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """It has said something."""
        try:
            for message in self._inbox.feed(data):
                self._hear(message)
        except (ValueError, TypeError):  # job code has written to what is not its own
            self.kill()

    def _hear(self, message: list[Any]) -> None:
        kind, serial = message[0], message[1]
        if kind == channel.READY:
            self.pid, self.is_ready = serial, True
            self._keeper.ready(self)
        elif serial != self._serial or self.attempt is None:
            return
        elif kind == channel.ENDED:
            reason, returned, ack, line, rss, spent = message[2:]
            state, *rest = ack
            end = Ended._make((reason, returned, State(state), *rest, line, rss, spent))
            attempt, self.attempt, self.rss = self.attempt, None, rss
            self._link.say(channel.REST, self._slot, serial)
            self._keeper.ended(self, attempt, end)
        else:
            self._keeper.told(self.attempt, message)

    # --- its death

    def connection_lost(self, _error: Exception | None) -> None:
        """It, or this end, has closed the channel."""
        self._is_cut = True
        self._bury()

    def died(self, death: Died | None) -> None:
        """The nursery tells that it has ended; its last words may still have to be read."""
        self._is_dead, self._death = True, death
        self._bury()
        self._loop.call_later(LAST_WORDS, self._close)

    def _close(self) -> None:
        """A process that it has left behind may hold the channel open."""
        if self._transport is not None:
            self._transport.abort()

    def _bury(self) -> None:
        if self._is_dead and self._is_cut and not self._is_over:
            self._is_over = True
            attempt, self.attempt = self.attempt, None
            self._keeper.died(self, attempt, self._death)
