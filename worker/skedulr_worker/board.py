"""Memory that a worker process shares with its supervisor.

The process writes what it holds before it starts it, the supervisor reads it whenever it likes: so
heartbeats are true even while the process' own code blocks everything in it. No locks: a reader
recognises by a checksum what was being written, and takes what it read before.
"""

from __future__ import annotations

import mmap
import time
import zlib
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import msgpack

from skedulr_worker.cell import Cell, size_for
from skedulr_worker.shared_mark import DOUBLE, MARK, SIZE, WORD, SharedMark

_DEADLINE, _PHASE, _TICKER, _CLOCK = 0, 8, 16, 16 + MARK.size
_SENTINEL: Final = _CLOCK + MARK.size
_NURSERY: Final = _SENTINEL + MARK.size
_BLOCKER: Final = _NURSERY + MARK.size
_BLOCKER_SIZE: Final = 2048
"""Enough for the longest names of a pool and a task."""
_STUCK: Final = _BLOCKER + _BLOCKER_SIZE
_HEADER_SIZE: Final = _STUCK + _BLOCKER_SIZE

BLOCKED_AFTER: Final = 2.5
"""Seconds without a turn of the event loop, which otherwise comes round every second."""


class Phase(IntEnum):
    """Where a worker process is in its life."""

    STARTING = 0
    WORKING = 1
    RETIRING = 2
    """It has done its share: it claims nothing more, and another one takes its place at once."""
    STOPPING = 3
    LEFT = 4
    """It has stopped in order: whatever it still owns goes back uncharged."""


class Blocker(NamedTuple):
    """A task that keeps its process from doing anything else."""

    pool: str
    id: str
    deadline: float
    """When it times out (monotonic seconds), 0 for never."""


class Board:
    """What one process shows: its phase, its loops, and a cell for each of its pools.

    Memory that nobody writes to costs nothing: each cell has room for the longest ids.
    """

    def __init__(self, capacities: Sequence[int]) -> None:
        sizes = [size_for(most) for most in capacities]
        self._memory = mmap.mmap(-1, _HEADER_SIZE + sum(sizes))
        self.ticker = SharedMark(self._memory, _TICKER)
        """The event loop."""
        self.clock = SharedMark(self._memory, _CLOCK)
        """The loop that looks at Redis' clock."""
        self.sentinel = SharedMark(self._memory, _SENTINEL)
        """The thread that finds out who blocks the event loop."""
        self.nursery = SharedMark(self._memory, _NURSERY)
        """The process that makes job processes; it never moves where there is none."""
        self.cells: list[Cell] = []
        offset = _HEADER_SIZE
        for size, most in zip(sizes, capacities, strict=True):
            self.cells.append(Cell(self._memory, offset, size, most))
            offset += size

    @property
    def phase(self) -> Phase:
        """Where the process is in its life."""
        return Phase(WORD.unpack_from(self._memory, _PHASE)[0])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        WORD.pack_into(self._memory, _PHASE, phase)

    @property
    def blocker(self) -> Blocker | None:
        """What blocks the event loop, as far as that is known."""
        return self._read(_BLOCKER)

    @blocker.setter
    def blocker(self, blocker: Blocker | None) -> None:
        self._write(_BLOCKER, blocker)

    @property
    def stuck(self) -> Blocker | None:
        """What goes on long after it was to stop, in a process that runs it alone and takes nothing
        more: it ends with that process.
        """
        return self._read(_STUCK)

    @stuck.setter
    def stuck(self, task: Blocker) -> None:
        self._write(_STUCK, task)

    def _read(self, place: int) -> Blocker | None:
        size, checksum = SIZE.unpack_from(self._memory, place)
        start = place + SIZE.size
        data = self._memory[start : start + min(size, _BLOCKER_SIZE - SIZE.size)]
        if not size or zlib.crc32(data) != checksum:
            return None
        return Blocker(*msgpack.unpackb(data, unicode_errors="surrogateescape"))

    def _write(self, place: int, task: Blocker | None) -> None:
        data = b""
        if task is not None:
            data = msgpack.packb(list(task), unicode_errors="surrogateescape")
            start = place + SIZE.size
            self._memory[start : start + len(data)] = data
        SIZE.pack_into(self._memory, place, len(data), zlib.crc32(data))

    @property
    def tick(self) -> float:
        """When its event loop last came round (monotonic seconds), 0 for never."""
        return self.ticker.moved

    @property
    def is_blocked(self) -> bool:
        """Whether its event loop does not come round."""
        return 0 < self.tick < time.monotonic() - BLOCKED_AFTER

    @property
    def deadline(self) -> float:
        """When the first of its tasks times out (monotonic seconds), 0 for never."""
        return float(DOUBLE.unpack_from(self._memory, _DEADLINE)[0])

    @deadline.setter
    def deadline(self, moment: float) -> None:
        DOUBLE.pack_into(self._memory, _DEADLINE, moment)

    def close(self) -> None:
        """Give the memory back; nothing may use the board any more."""
        self._memory.close()
