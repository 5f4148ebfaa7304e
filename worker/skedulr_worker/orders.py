"""What a supervisor tells a worker process: small messages through a pipe.

The pipe is also the thread that life hangs on: when it ends, the supervisor has died.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgpack

_LENGTH: Final = struct.Struct("<I")

STOP: Final = "stop"
"""Claim nothing more, finish within the grace, then leave."""
NOW: Final = "now"
"""Leave at once."""
CLAIMS: Final = "claims"


class Order(NamedTuple):
    """One message."""

    kind: str
    """``stop``, ``now`` or ``claims``."""
    pool: str = ""
    lost: Sequence[tuple[str, int]] = ()
    cancelled: Sequence[tuple[str, int]] = ()
    ask: bool = False
    """Whether the pool no longer knows the instance, which an exchange puts right."""


class OrderWriter:
    """The supervisor's end."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, False)
        self._rest = b""

    def send(self, order: Order) -> None:
        """Send a message; where the pipe is full, because the process reads nothing, it is left
        out: heartbeats say the same again.
        """
        if self._rest and not self._write(self._rest):
            return
        packed = msgpack.packb(order, unicode_errors="surrogateescape")
        self._write(_LENGTH.pack(len(packed)) + packed)

    def close(self) -> None:
        """Close the pipe: the process at the other end takes that as the end of its supervisor."""
        os.close(self.descriptor)

    def _write(self, data: bytes) -> bool:
        """Whether all of it has gone; what has not goes first the next time."""
        try:
            written = os.write(self.descriptor, data)
        except BlockingIOError:
            written = 0
        except OSError:  # the process has ended
            self._rest = b""
            return False
        # A message of which nothing has gone may be left out, one that was begun may not.
        self._rest = data[written:] if written or data is self._rest else b""
        return not self._rest


class OrderReader:
    """The process' end, read in a thread, so that a blocked event loop does not keep it from dying
    with its supervisor.
    """

    def __init__(
        self, descriptor: int, obey: Callable[[Order], None], ended: Callable[[], None]
    ) -> None:
        self._descriptor = descriptor
        self._obey = obey
        self._ended = ended

    def start(self) -> None:
        """Read until the other end is closed."""
        threading.Thread(target=self._run, name="skedulr orders", daemon=True).start()

    def _run(self) -> None:
        while header := self._read(_LENGTH.size):
            packed = self._read(_LENGTH.unpack(header)[0])
            if not packed:
                break
            kind, pool, lost, cancelled, ask = msgpack.unpackb(
                packed, unicode_errors="surrogateescape"
            )
            self._obey(Order(kind, pool, _pairs(lost), _pairs(cancelled), ask))
        self._ended()

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = os.read(self._descriptor, size - len(data))
            if not part:
                return b""
            data += part
        return data


def _pairs(found: Sequence[Sequence[object]]) -> list[tuple[str, int]]:
    return [(str(task_id), int(str(epoch))) for task_id, epoch in found]
