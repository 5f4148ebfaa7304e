"""Memory that a worker process shares with its supervisor.

The process writes what it holds before it starts it, the supervisor reads it whenever it likes: so
heartbeats are true even while the process' own code blocks everything in it. No locks: a reader
recognises by a checksum what was being written, and takes what it read before.
"""

from __future__ import annotations

import mmap
import time
import zlib
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

import msgpack

from skedulr.loops import LoopState
from skedulr.names import MAX_LENGTH
from skedulr.packers import Packers

_DOUBLE: Final = Struct("<d")
_WORD: Final = Struct("@Q")
"""In the order of the machine, so that it is written in one piece."""
_SIZE: Final = Struct("<II")
_MARK: Final = Struct("<ddQ")
_STATES: Final = tuple(LoopState)

_DEADLINE, _PHASE, _TICKER, _CLOCK = 0, 8, 16, 16 + _MARK.size
_SENTINEL: Final = _CLOCK + _MARK.size
_NURSERY: Final = _SENTINEL + _MARK.size
_BLOCKER: Final = _NURSERY + _MARK.size
_BLOCKER_SIZE: Final = 2048
"""Enough for the longest names of a pool and a task."""
_HEADER_SIZE: Final = _BLOCKER + _BLOCKER_SIZE
_CONFIRMED, _SUSPECTS, _RUNNING, _CLAIMING = 0, 8, 16, 24
_ASKED: Final = _CLAIMING + _MARK.size
_VOID: Final = _ASKED + 8
_DATA: Final = _VOID + 8

_PACKERS: Final = Packers(unicode_errors="surrogateescape")

_BYTES_PER_CLAIM: Final = 4 * (2 * MAX_LENGTH + 1) + 16
"""The longest id of a task in UTF-8, and an epoch."""


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


class Holding(NamedTuple):
    """What an instance holds."""

    upto: int
    """Number of the last exchange whose reply was read, or will start nothing."""
    claims: Sequence[tuple[str, int]]
    """Id and epoch of what runs, or has ended and is not acknowledged."""


NOTHING: Final = Holding(0, ())


class Blocker(NamedTuple):
    """The task that keeps an event loop from coming round."""

    pool: str
    id: str
    deadline: float
    """When it times out (monotonic seconds), 0 for never."""


class SharedMark:
    """How a loop of the process is, for its supervisor to see."""

    def __init__(self, memory: mmap.mmap, offset: int) -> None:
        self._memory = memory
        self._offset = offset

    @property
    def moved(self) -> float:
        """When its last turn ended, well or not (monotonic seconds)."""
        return float(_DOUBLE.unpack_from(self._memory, self._offset)[0])

    @moved.setter
    def moved(self, moment: float) -> None:
        _DOUBLE.pack_into(self._memory, self._offset, moment)

    @property
    def turned(self) -> float:
        """When its last turn ended well (monotonic seconds), 0 for never."""
        return float(_DOUBLE.unpack_from(self._memory, self._offset + _DOUBLE.size)[0])

    @turned.setter
    def turned(self, moment: float) -> None:
        _DOUBLE.pack_into(self._memory, self._offset + _DOUBLE.size, moment)

    @property
    def state(self) -> LoopState:
        """Its state."""
        (number,) = _WORD.unpack_from(self._memory, self._offset + 2 * _DOUBLE.size)
        return _STATES[int(number)]

    @state.setter
    def state(self, state: LoopState) -> None:
        _WORD.pack_into(self._memory, self._offset + 2 * _DOUBLE.size, _STATES.index(state))


class Board:
    """What one process shows: its phase, its loops, and a cell for each of its pools.

    Memory that nobody writes to costs nothing: each cell has room for the longest ids.
    """

    def __init__(self, capacities: Sequence[int]) -> None:
        sizes = [_align(_DATA + _SIZE.size + 64 + _BYTES_PER_CLAIM * most) for most in capacities]
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
        for size in sizes:
            self.cells.append(Cell(self._memory, offset, size))
            offset += size

    @property
    def phase(self) -> Phase:
        """Where the process is in its life."""
        return Phase(_WORD.unpack_from(self._memory, _PHASE)[0])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        _WORD.pack_into(self._memory, _PHASE, phase)

    @property
    def blocker(self) -> Blocker | None:
        """What blocks the event loop, as far as that is known."""
        size, checksum = _SIZE.unpack_from(self._memory, _BLOCKER)
        start = _BLOCKER + _SIZE.size
        data = self._memory[start : start + min(size, _BLOCKER_SIZE - _SIZE.size)]
        if not size or zlib.crc32(data) != checksum:
            return None
        return Blocker(*msgpack.unpackb(data, unicode_errors="surrogateescape"))

    @blocker.setter
    def blocker(self, blocker: Blocker | None) -> None:
        data = b""
        if blocker is not None:
            data = msgpack.packb(list(blocker), unicode_errors="surrogateescape")
            start = _BLOCKER + _SIZE.size
            self._memory[start : start + len(data)] = data
        _SIZE.pack_into(self._memory, _BLOCKER, len(data), zlib.crc32(data))

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
        self.claiming = SharedMark(memory, offset + _CLAIMING)
        """The loop that claims in this pool."""

    def write(self, upto: int, held: Mapping[str, int]) -> None:
        """Show what the instance holds, id -> epoch; called by the process itself."""
        data = _PACKERS.pack([upto, *chain.from_iterable(held.items())])
        if len(data) > self._most:
            raise ValueError(f"{len(held)} claims do not fit into {self._most} bytes")
        start = self._at + _SIZE.size
        self._memory[start : start + len(data)] = data
        _SIZE.pack_into(self._memory, self._at, len(data), zlib.crc32(data))
        _WORD.pack_into(self._memory, self._offset + _RUNNING, len(held))

    def void_asked(self) -> None:
        """Have the exchange under way start nothing, unless it has; called by the supervisor.

        Each side first writes and then reads what the other writes: the process shows what it has
        been given and looks whether it is void, the supervisor declares it void and looks whether
        it is shown. So at least one of them knows. No fence is needed between: a processor holds
        back some dozens of writes at most, and the interpreter makes thousands in between.
        """
        asked = _WORD.unpack_from(self._memory, self._offset + _ASKED)[0]
        _WORD.pack_into(self._memory, self._offset + _VOID, asked)

    def is_void(self, number: int) -> bool:
        """Whether what an exchange gives must not be started; asked by the process itself, when it
        shows that already.
        """
        return bool(_WORD.unpack_from(self._memory, self._offset + _VOID)[0] >= number)

    @property
    def has_asked(self) -> bool:
        """Whether an exchange is under way."""
        return bool(_WORD.unpack_from(self._memory, self._offset + _ASKED)[0] > self._shown().upto)

    def ask(self, number: int) -> None:
        """Show that an exchange is under way; called by the process itself before it sends that."""
        _WORD.pack_into(self._memory, self._offset + _ASKED, number)

    def read(self) -> Holding:
        """What the instance holds; while that is being written, what it held before."""
        shown = self._shown()
        void = _WORD.unpack_from(self._memory, self._offset + _VOID)[0]
        return shown._replace(upto=max(shown.upto, void))

    def _shown(self) -> Holding:
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
