"""For how long a process was awake and could have seen others act."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LONGEST_STEP: Final = 1.0
"""Seconds between two looks that count at most: whoever looks later stood still meanwhile, as where
all processes of a machine do, and then nothing can be held against those that it watches.
"""


class Vigil:
    """Counts the seconds in which this process was awake."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._seconds = 0.0

    def look(self) -> float:
        """The seconds so far; to be called again and again."""
        now = self._clock()
        self._seconds += min(now - self._last, LONGEST_STEP)
        self._last = now
        return self._seconds


class Silence:
    """For how long something that moves has not moved, as far as somebody was awake to see it."""

    def __init__(self) -> None:
        self._mark = 0.0
        self._since = 0.0

    def seconds(self, mark: float, awake: float) -> float:
        """The seconds since ``mark`` was another one; ``awake`` is what the vigil counts."""
        if mark != self._mark:
            self._mark, self._since = mark, awake
        return awake - self._since
