"""What a process writes to stderr: passed on, and its end kept for the record of a crash."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import secrets
import select
import sys
from dataclasses import dataclass
from typing import Final, Self

_CHUNK: Final = 65536
_PIECE: Final = 512
"""As much as a pipe takes in one piece once it says that it takes something (POSIX)."""

_LARGEST_PIPE: Final = 1 << 20
"""More than this is in no pipe (``fs.pipe-max-size``): whatever a dead process has written is."""

KEPT: Final = 16 * 1024
MOST_WAITING: Final = 256 * 1024
"""Bytes that wait for a stderr that takes nothing; beyond that, the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Mouth:
    """The writing end, for the process whose stderr it becomes."""

    descriptor: int
    mark: bytes
    """What no process writes by accident."""

    def take_over(self, *, all_threads: bool = True) -> None:
        """Make it this process' stderr, and say there where Python stood at a fatal signal, in all
        threads or in the one that got it.
        """
        os.dup2(self.descriptor, 2)
        faulthandler.enable(file=2, all_threads=all_threads)

    def begin(self) -> None:
        """What is written from now on is another attempt's."""
        with contextlib.suppress(Exception):  # job code may have closed either
            sys.stderr.flush()
        with contextlib.suppress(OSError):
            os.write(self.descriptor, self.mark)


class StderrRelay:
    """Reads the pipe of one process and never waits, at either end."""

    def __init__(self, descriptor: int, mark: bytes) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._is_closed = False
        self._mark = mark
        self._unread = b""
        """What may be the beginning of a mark."""
        self._kept = b""
        self._waiting = b""
        self._ready = select.poll()
        self._ready.register(2, select.POLLOUT)

    @classmethod
    def new(cls) -> tuple[Self, Mouth]:
        """A pipe: its two ends; raises ``OSError``."""
        mark = b"\x1e" + secrets.token_hex(8).encode() + b"\n"
        reading, writing = os.pipe()
        return cls(reading, mark), Mouth(writing, mark)

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._waiting)

    def relay(self) -> bool:
        """Take some of what is there and pass it on; false once the other end is closed."""
        data = self._read()
        return data is None or bool(data)

    def last_words(self) -> str:
        """The end of what a process that has died wrote in its last attempt. What others go on to
        write into its pipe can be relayed afterwards.
        """
        for _ in range(_LARGEST_PIPE // _CHUNK):
            if not self._read():
                break
        return (self._kept + self._unread).decode(errors="replace")

    def catch_up(self) -> None:
        """Pass on what waits, as far as it is taken."""
        while self._waiting and self._ready.poll(0):
            try:
                written = os.write(2, self._waiting[:_PIECE])
            except OSError:  # nobody reads it any more
                self._waiting = b""
            else:
                self._waiting = self._waiting[written:]

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.descriptor)
        self._is_closed = True

    def _read(self) -> bytes | None:
        """Take a chunk in: ``None`` where nothing is there, empty once the other end is closed."""
        if self._is_closed:
            return b""
        try:
            data = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return None
        *before, last = (self._unread + data).split(self._mark)
        begun = _begun(last, self._mark) if data else 0
        last, self._unread = last[: len(last) - begun], last[len(last) - begun :]
        self._kept = last if before else self._kept + last
        self._kept = self._kept[-KEPT:]
        self._waiting = (self._waiting + b"".join((*before, last)))[-MOST_WAITING:]
        self.catch_up()
        return data


def _begun(data: bytes, mark: bytes) -> int:
    """How many bytes at the end of the data may be the beginning of a mark."""
    return next((n for n in range(len(mark) - 1, 0, -1) if data.endswith(mark[:n])), 0)
