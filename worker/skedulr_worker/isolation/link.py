"""A worker process' end of the socket to its nursery."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from skedulr_worker.isolation import channel
from skedulr_worker.isolation.channel import Inbox

_CHUNK: Final = 65536


class Died(NamedTuple):
    """What a nursery tells of a job process that has ended."""

    status: int
    reason: str
    """Why the nursery had to stop its attempt, empty where it had not."""
    for_memory: bool
    stderr: str


class Resident(Protocol):
    """A job process as it is known here."""

    def died(self, death: Died | None) -> None:
        """It has ended; ``None`` where its nursery has, and took it along."""


class NurseryLink:
    """Asks the nursery for job processes, one in each slot, and hears of their deaths.

    ``lost()`` is called when the nursery itself has died; there is no other one then.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        slots: int,
        lost: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._socket = sock
        self._lost = lost
        self._inbox = Inbox()
        self._free = list(range(slots))
        self._residents: dict[int, Resident] = {}
        self.is_open = True
        sock.setblocking(False)
        loop.add_reader(sock, self._hear)

    def bear(self, resident: Resident) -> tuple[int, socket.socket]:
        """Have a job process made: its slot, and the channel to it; raises ``OSError``."""
        ours, theirs = socket.socketpair()
        slot = self._free.pop()
        self._residents[slot] = resident
        with theirs:
            self._send(channel.pack(channel.BIRTH, slot), theirs)
        return slot, ours

    def say(self, kind: str, slot: int, *facts: Any) -> None:
        """Tell the nursery something about a job process."""
        self._send(channel.pack(kind, slot, *facts), None)

    def close(self) -> None:
        """Let the nursery end, and all that is left in it."""
        if self.is_open:
            self.is_open = False
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _send(self, message: bytes, passed: socket.socket | None) -> None:
        if not self.is_open:
            return
        try:
            if passed is None:
                self._socket.sendall(message)
            else:
                socket.send_fds(self._socket, [message], [passed.fileno()])
        except OSError:  # it has died, or is stopped and reads nothing
            self._loop.call_soon(self._end)

    def _hear(self) -> None:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = self._socket.recv(_CHUNK)
        if not data:
            self._end()
            return
        for _, slot, *facts in self._inbox.feed(data):
            resident = self._residents.pop(slot)
            self._free.append(slot)
            resident.died(Died(*facts))

    def _end(self) -> None:
        if not self.is_open:
            return
        self.close()
        residents, self._residents = self._residents, {}
        for resident in residents.values():
            resident.died(None)
        self._lost()
