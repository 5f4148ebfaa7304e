"""The part of the shared memory that tells of one pool: what the process holds there, and what of
that must not begin any more.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

import msgpack

from skedulr.names import MAX_LENGTH
from skedulr.packers import Packers
from skedulr_worker.shared_mark import DOUBLE, MARK, SIZE, WORD, SharedMark

_CONFIRMED, _SUSPECTS, _RUNNING, _CLAIMING = 0, 8, 16, 24
_ASKED: Final = _CLAIMING + MARK.size
_VOID: Final = _ASKED + 8
_STARTS: Final = _VOID + 8

_PACKERS: Final = Packers(unicode_errors="surrogateescape")

_BYTES_PER_CLAIM: Final = 4 * (2 * MAX_LENGTH + 1) + 32
"""The longest id of a task in UTF-8, an epoch and a place."""


def size_for(most: int) -> int:
    """Bytes of a cell that has room for so many claims."""
    return _align(_STARTS + SIZE.size + 64 + (8 + _BYTES_PER_CLAIM) * most)


def _align(size: int) -> int:
    return (size + 7) & ~7


class Holding(NamedTuple):
    """What an instance holds."""

    upto: int
    """Number of the last exchange whose reply was read, or will start nothing."""
    claims: Sequence[tuple[str, int]]
    """Id and epoch of what runs or will, or has ended and is not acknowledged."""


class _Shown(NamedTuple):
    """What a process shows."""

    upto: int
    claims: Sequence[tuple[str, int, int]]
    """Id, epoch and place."""


NOTHING: Final = _Shown(0, ())


class Cell:
    """What one instance shows of one pool, and when its lease was last renewed for it."""

    def __init__(self, memory: mmap.mmap, offset: int, size: int, most: int) -> None:
        self._memory = memory
        self._offset = offset
        self._starts = offset + _STARTS
        self._at = self._starts + 8 * most
        self._most = size - _STARTS - 8 * most - SIZE.size
        self._last = NOTHING
        self.claiming = SharedMark(memory, offset + _CLAIMING)
        """The loop that claims in this pool."""

    def write(self, upto: int, held: Mapping[str, tuple[int, int]]) -> None:
        """Show what the instance holds, id -> epoch and place; called by the process itself."""
        data = _PACKERS.pack([upto, *chain.from_iterable(held.items())])
        if len(data) > self._most:
            raise ValueError(f"{len(held)} claims do not fit into {self._most} bytes")
        start = self._at + SIZE.size
        self._memory[start : start + len(data)] = data
        SIZE.pack_into(self._memory, self._at, len(data), zlib.crc32(data))
        WORD.pack_into(self._memory, self._offset + _RUNNING, len(held))

    def put(self, place: int, number: int) -> None:
        """Have a claim that an exchange gave at this place, which has not begun; called by the
        process itself before it shows that claim. It counts its places from 0.
        """
        WORD.pack_into(self._memory, self._starts + 8 * place, number << 1)

    def begin(self, place: int) -> bool:
        """Show that the claim there begins; false where it must not, since it has gone back.
        Called by the process itself.
        """
        at = self._starts + 8 * place
        start = WORD.unpack_from(self._memory, at)[0]
        WORD.pack_into(self._memory, at, start | 1)
        return not self.is_void(start >> 1)

    def void_idle(self) -> None:
        """Have nothing begin any more of what has been given so far, by the exchange under way as
        well, and has not begun; called by the supervisor.

        Each side first writes and then reads what the other writes: the process shows what it has
        been given or begins, and looks whether it is void; the supervisor declares it void and
        looks whether it is shown. So at least one of them knows. No fence is needed between: a
        processor holds back some dozens of writes at most, and the interpreter makes thousands in
        between.
        """
        asked = WORD.unpack_from(self._memory, self._offset + _ASKED)[0]
        WORD.pack_into(self._memory, self._offset + _VOID, asked)

    def is_void(self, number: int) -> bool:
        """Whether what an exchange gave must not begin; asked by the process itself, when it shows
        that already.
        """
        return bool(WORD.unpack_from(self._memory, self._offset + _VOID)[0] >= number)

    @property
    def has_idle(self) -> bool:
        """Whether it holds what has not begun."""
        return any(not self._start(place) & 1 for _, _, place in self._shown().claims)

    @property
    def has_asked(self) -> bool:
        """Whether an exchange is under way, or may be done by Redis of its own accord."""
        return bool(WORD.unpack_from(self._memory, self._offset + _ASKED)[0] > self._shown().upto)

    def ask(self, number: int) -> None:
        """Show that exchanges up to this number may give something; called by the process itself
        before it sends the one that makes it so.
        """
        WORD.pack_into(self._memory, self._offset + _ASKED, number)

    def read(self) -> Holding:
        """What the instance holds; while that is being written, what it held before. Without what
        has been declared void before it began.
        """
        shown = self._shown()
        void = WORD.unpack_from(self._memory, self._offset + _VOID)[0]
        held = [(task, epoch) for task, epoch, at in shown.claims if not self._is_gone(at, void)]
        return Holding(max(shown.upto, void), held)

    def _is_gone(self, place: int, void: int) -> bool:
        start = self._start(place)
        return not start & 1 and start >> 1 <= void

    def _start(self, place: int) -> int:
        """The number of the exchange that gave what is there, doubled, and one more once it has
        begun.
        """
        return int(WORD.unpack_from(self._memory, self._starts + 8 * place)[0])

    def _shown(self) -> _Shown:
        size, checksum = SIZE.unpack_from(self._memory, self._at)
        start = self._at + SIZE.size
        data = self._memory[start : start + min(size, self._most)]
        if size and zlib.crc32(data) == checksum:
            upto, *flat = msgpack.unpackb(data, unicode_errors="surrogateescape")
            pairs = zip(flat[::2], flat[1::2], strict=True)
            self._last = _Shown(upto, [(task, epoch, place) for task, (epoch, place) in pairs])
        return self._last

    @property
    def count(self) -> int:
        """How many claims it holds."""
        return int(WORD.unpack_from(self._memory, self._offset + _RUNNING)[0])

    @property
    def confirmed(self) -> float:
        """When a heartbeat for it was last answered (monotonic seconds), 0 for never."""
        return float(DOUBLE.unpack_from(self._memory, self._offset + _CONFIRMED)[0])

    @confirmed.setter
    def confirmed(self, moment: float) -> None:
        DOUBLE.pack_into(self._memory, self._offset + _CONFIRMED, moment)

    @property
    def suspects(self) -> bool:
        """Whether tasks wait that must run alone."""
        return bool(WORD.unpack_from(self._memory, self._offset + _SUSPECTS)[0])

    @suspects.setter
    def suspects(self, there: bool) -> None:
        WORD.pack_into(self._memory, self._offset + _SUSPECTS, int(there))
