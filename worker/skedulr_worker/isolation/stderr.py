"""What a job process writes to stderr: passed on, and its end kept for the record of a crash."""

from __future__ import annotations

import contextlib
import os
import select
from typing import Final

_CHUNK: Final = 65536
_PIECE: Final = 512
"""As much as a pipe takes in one piece once it says that it takes something (POSIX)."""

KEPT: Final = 16 * 1024
MOST_WAITING: Final = 256 * 1024
"""Bytes that wait for a stderr that takes nothing; beyond that, the oldest are dropped."""


class StderrRelay:
    """Reads the pipe of one job process and never waits, at either end."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._kept = b""
        self._waiting = b""
        self._ready = select.poll()
        self._ready.register(2, select.POLLOUT)

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._waiting)

    def forget(self) -> None:
        """Keep only what comes from now on."""
        self.relay()
        self._kept = b""

    def relay(self) -> bool:
        """Take what is there and pass it on; false once the other end is closed."""
        try:
            data = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return True
        self._kept = (self._kept + data)[-KEPT:]
        self._waiting = (self._waiting + data)[-MOST_WAITING:]
        self.catch_up()
        return bool(data)

    def catch_up(self) -> None:
        """Pass on what waits, as far as it is taken."""
        while self._waiting and self._ready.poll(0):
            try:
                written = os.write(2, self._waiting[:_PIECE])
            except OSError:  # nobody reads it any more
                self._waiting = b""
            else:
                self._waiting = self._waiting[written:]

    def end(self) -> str:
        """Take the rest, close the pipe, and answer the last lines."""
        with contextlib.suppress(OSError):
            while data := os.read(self.descriptor, _CHUNK):
                self._kept = (self._kept + data)[-KEPT:]
                self._waiting = (self._waiting + data)[-MOST_WAITING:]
        self.catch_up()
        self.close()
        return self._kept.decode(errors="replace")

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.descriptor)
