"""Shared memory in which a nursery tells its job processes why they are interrupted.

A signal alone could be anybody's, and could arrive when the next task has begun: it only makes the
process look here, where the serial number of the attempt stands beside the reason.
"""

from __future__ import annotations

import mmap
from struct import Struct
from typing import Final

from skedulr_worker.context import Stop

_WORD: Final = Struct("@Q")
_REASONS: Final = (Stop.CANCEL, Stop.TIMEOUT, Stop.LOST, Stop.RELEASE)
_BITS: Final = 3


class Notices:
    """One word for each slot: the serial number of an attempt, and why it must stop."""

    def __init__(self, slots: int) -> None:
        self._memory = mmap.mmap(-1, max(1, slots) * _WORD.size)

    def put(self, slot: int, serial: int, reason: Stop) -> None:
        """Called by the nursery."""
        word = serial << _BITS | _REASONS.index(reason) + 1
        _WORD.pack_into(self._memory, slot * _WORD.size, word)

    def get(self, slot: int, serial: int) -> Stop | None:
        """Why that attempt must stop, ``None`` where it need not; called by the job process."""
        word = _WORD.unpack_from(self._memory, slot * _WORD.size)[0]
        return _REASONS[(word & (1 << _BITS) - 1) - 1] if word >> _BITS == serial and word else None
