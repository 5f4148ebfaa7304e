"""Memory that a worker process shares with its supervisor.

The process writes what it holds before it starts it, the supervisor reads it whenever it likes: so
heartbeats are true even while the process' own code blocks everything in it. No locks: a reader
recognises by a checksum what was being written, and takes what it read before.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

import msgpack

from skedulr.names import MAX_LENGTH

_HEADER: Final = Struct("<ddQ")
_DOUBLE: Final = Struct("<d")
_WORD: Final = Struct("<Q")
_SIZE: Final = Struct("<II")
_TICK, _DEADLINE, _STATE = 0, 8, 16
_CONFIRMED, _SUSPECTS, _RUNNING, _DATA = 0, 8, 16, 24

_BYTES_PER_CLAIM: Final = 4 * (2 * MAX_LENGTH + 1) + 16
"""The longest id of a task in UTF-8, and an epoch."""


class Phase(IntEnum):
    """Where a worker process is in its life."""

    STARTING = 0
    WORKING = 1
    STOPPING = 2
    LEFT = 3
    """It has stopped in order: whatever it still owns goes back uncharged."""


class Holding(NamedTuple):
    """What an instance holds."""

    upto: int
    """Number of the last exchange whose reply was read."""
    claims: Sequence[tuple[str, int]]
    """Id and epoch of what runs, or has ended and is not acknowledged."""


NOTHING: Final = Holding(0, ())


class Board:
    """What one process shows: its phase, its ticks, and a cell for each of its pools.

    Memory that nobody writes to costs nothing: each cell has room for the longest ids.
    """

    def __init__(self, capacities: Sequence[int]) -> None:
        sizes = [_align(_DATA + _SIZE.size + 64 + _BYTES_PER_CLAIM * most) for most in capacities]
        self._memory = mmap.mmap(-1, _HEADER.size + sum(sizes))
        self.cells: list[Cell] = []
        offset = _HEADER.size
        for size in sizes:
            self.cells.append(Cell(self._memory, offset, size))
            offset += size

    @property
    def phase(self) -> Phase:
        """Where the process is in its life."""
        return Phase(_WORD.unpack_from(self._memory, _STATE)[0])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        _WORD.pack_into(self._memory, _STATE, phase)

    @property
    def tick(self) -> float:
        """When its event loop last came round (monotonic seconds)."""
        return float(_DOUBLE.unpack_from(self._memory, _TICK)[0])

    @tick.setter
    def tick(self, moment: float) -> None:
        _DOUBLE.pack_into(self._memory, _TICK, moment)

    @property
    def deadline(self) -> float:
        """When the first of its tasks times out (monotonic seconds), 0 for never."""
        return float(_DOUBLE.unpack_from(self._memory, _DEADLINE)[0])

    @deadline.setter
    def deadline(self, moment: float) -> None:
        _DOUBLE.pack_into(self._memory, _DEADLINE, moment)

    def close(self) -> None:
        """Give the memory back; nothing may use the board any more."""
        self._memory.close()


class Cell:
    """What one instance shows of one pool, and when its lease was last renewed for it."""

    def __init__(self, memory: mmap.mmap, offset: int, size: int) -> None:
        self._memory = memory
        self._offset = offset
        self._at = offset + _DATA
        self._most = size - _DATA - _SIZE.size
        self._last = NOTHING

    def write(self, upto: int, held: Mapping[str, int]) -> None:
        """Show what the instance holds, id -> epoch; called by the process itself."""
        data = msgpack.packb(
            [upto, *chain.from_iterable(held.items())], unicode_errors="surrogateescape"
        )
        if len(data) > self._most:
            raise ValueError(f"{len(held)} claims do not fit into {self._most} bytes")
        start = self._at + _SIZE.size
        self._memory[start : start + len(data)] = data
        _SIZE.pack_into(self._memory, self._at, len(data), zlib.crc32(data))
        _WORD.pack_into(self._memory, self._offset + _RUNNING, len(held))

    def read(self) -> Holding:
        """What the instance holds; while that is being written, what it held before."""
        size, checksum = _SIZE.unpack_from(self._memory, self._at)
        start = self._at + _SIZE.size
        data = self._memory[start : start + min(size, self._most)]
        if size and zlib.crc32(data) == checksum:
            upto, *flat = msgpack.unpackb(data, unicode_errors="surrogateescape")
            self._last = Holding(upto, list(zip(flat[::2], flat[1::2], strict=True)))
        return self._last

    @property
    def count(self) -> int:
        """How many claims it holds."""
        return int(_WORD.unpack_from(self._memory, self._offset + _RUNNING)[0])

    @property
    def confirmed(self) -> float:
        """When a heartbeat for it was last answered (monotonic seconds), 0 for never."""
        return float(_DOUBLE.unpack_from(self._memory, self._offset + _CONFIRMED)[0])

    @confirmed.setter
    def confirmed(self, moment: float) -> None:
        _DOUBLE.pack_into(self._memory, self._offset + _CONFIRMED, moment)

    @property
    def suspects(self) -> bool:
        """Whether tasks wait that must run alone."""
        return bool(_WORD.unpack_from(self._memory, self._offset + _SUSPECTS)[0])

    @suspects.setter
    def suspects(self, there: bool) -> None:
        _WORD.pack_into(self._memory, self._offset + _SUSPECTS, int(there))


def _align(size: int) -> int:
    return (size + 7) & ~7
