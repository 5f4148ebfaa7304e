"""How a loop is, in memory that processes share."""

from __future__ import annotations

import mmap
from struct import Struct
from typing import Final

from skedulr.loops import LoopState

DOUBLE: Final = Struct("<d")
WORD: Final = Struct("@Q")
"""In the order of the machine, so that it is written in one piece."""
SIZE: Final = Struct("<II")
"""Of what follows, and its checksum."""
MARK: Final = Struct("<ddQ")
_STATES: Final = tuple(LoopState)


class SharedMark:
    """How a loop of the process is, for its supervisor to see."""

    def __init__(self, memory: mmap.mmap, offset: int) -> None:
        self._memory = memory
        self._offset = offset

    @property
    def moved(self) -> float:
        """When its last turn ended, well or not (monotonic seconds)."""
        return float(DOUBLE.unpack_from(self._memory, self._offset)[0])

    @moved.setter
    def moved(self, moment: float) -> None:
        DOUBLE.pack_into(self._memory, self._offset, moment)

    @property
    def turned(self) -> float:
        """When its last turn ended well (monotonic seconds), 0 for never."""
        return float(DOUBLE.unpack_from(self._memory, self._offset + DOUBLE.size)[0])

    @turned.setter
    def turned(self, moment: float) -> None:
        DOUBLE.pack_into(self._memory, self._offset + DOUBLE.size, moment)

    @property
    def state(self) -> LoopState:
        """Its state."""
        (number,) = WORD.unpack_from(self._memory, self._offset + 2 * DOUBLE.size)
        return _STATES[int(number)]

    @state.setter
    def state(self, state: LoopState) -> None:
        WORD.pack_into(self._memory, self._offset + 2 * DOUBLE.size, _STATES.index(state))
