"""When a process that has died is replaced: at once, and ever later where none gets to work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from skedulr_worker.instance import PoolSlots

SHORTEST_LIFE: Final = 0.5
"""Seconds between two births in one place, at least: whatever kills them takes no whole core."""

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 15.0


MOST_DOUBLINGS: Final = 10
"""Waits have reached the longest by then; a float does not bear a failure every 15 s for hours."""


def wait_after(failures: int) -> float:
    """Seconds until the next try after so many failures in a row, 1 or more."""
    return min(FIRST_WAIT * 2.0 ** min(failures - 1, MOST_DOUBLINGS), LONGEST_WAIT)


class Replacing:
    """The places of processes that have died, with the time at which they are filled again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[int, int] = {}
        self._due: list[tuple[float, int, Sequence[PoolSlots]]] = []

    def add(
        self, number: int, served: Sequence[PoolSlots], lived: float = 0.0, *, failed: bool = False
    ) -> None:
        """Process ``number`` is gone after so many seconds; it has ``failed`` where it ended by
        itself before it could work.
        """
        failures = self._failures.get(number, 0) + 1 if failed else 0
        self._failures[number] = failures
        wait = max(0.0, SHORTEST_LIFE - lived)
        if failures:
            wait = wait_after(failures)
        self._due.append((self._clock() + wait, number, served))

    def is_awaited(self, served: Sequence[PoolSlots]) -> bool:
        """Whether a process with these slots will be made by itself."""
        return any(entry[2] == served for entry in self._due)

    def due(self) -> list[tuple[int, Sequence[PoolSlots]]]:
        """The places to fill now."""
        now = self._clock()
        due = [(number, served) for moment, number, served in self._due if moment <= now]
        self._due = [entry for entry in self._due if entry[0] > now]
        return due
