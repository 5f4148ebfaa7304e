"""Messages between a worker process, its nursery and its job processes: msgpack lists on sockets.

All ends are forks of one program, so nobody else can write to them; what job code writes by
mistake is refused by whoever reads it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import msgpack

# From a worker process to its nursery; each names the slot of a job process first.
BIRTH: Final = "birth"
"""Make a job process, with the socket that comes along as its channel: slot."""
RUN: Final = "run"
"""It begins an attempt: slot, serial, time of the soft time-out (monotonic, 0 for none)."""
STOP: Final = "stop"
"""Interrupt an attempt now, and kill the process after the margin: slot, serial, reason, margin."""
REST: Final = "rest"
"""The attempt is over: slot, serial."""
KILL: Final = "kill"
"""End the process at once: slot."""

# From a nursery to its worker process.
DIED: Final = "died"
"""A job process has ended: slot, wait status, reason of the nursery for killing it, whether the
kernel killed for want of memory, last lines of its stderr.
"""

# From a worker process to a job process: RUN with serial, id, job, pool, instance, attempt, fence,
# deadline, body.

# From a job process to its worker process.
READY: Final = "ready"
"""Its startup hooks have run: process id."""
PROGRESS: Final = "progress"
"""serial, percent, message."""
LOG: Final = "log"
"""serial, message, facts."""
ENDED: Final = "ended"
"""serial, and the fields of ``Ended``."""

_CHUNK: Final = 65536


def pack(*message: Any) -> bytes:
    """A message as it travels; what cannot be packed of a log line's facts goes as its repr."""
    return msgpack.packb(message, default=repr, unicode_errors="surrogateescape")


class Inbox:
    """Makes messages of bytes as they come."""

    def __init__(self) -> None:
        self._unpacker = msgpack.Unpacker(
            strict_map_key=False, unicode_errors="surrogateescape", max_buffer_size=2**31 - 1
        )

    def feed(self, data: bytes) -> Iterator[list[Any]]:
        """The messages that are complete by now; raises ``ValueError`` for what is none."""
        self._unpacker.feed(data)
        for message in self._unpacker:
            if not isinstance(message, list) or not message or not isinstance(message[0], str):
                raise ValueError("a message of another kind")
            yield message


class Channel:
    """The end of a job process: it waits for one message after the other."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._inbox = Inbox()
        self._waiting: list[list[Any]] = []
        self._lock = threading.Lock()
        self.is_sending = False
        """Whether the main thread sends: an exception in the middle would cut a message in two."""

    def send(self, data: bytes) -> None:
        """Send a packed message from any thread, however long the other end takes to read."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main:
            self.is_sending = True
        try:
            with self._lock:
                self._socket.sendall(data)
        finally:
            if is_main:
                self.is_sending = False

    def receive(self) -> list[Any] | None:
        """The next message; ``None`` once the other end is closed."""
        while not self._waiting:
            data = self._socket.recv(_CHUNK)
            if not data:
                return None
            self._waiting += self._inbox.feed(data)
        return self._waiting.pop(0)
