"""When a process that has died is replaced: at once, and ever later where it keeps dying young."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from skedulr_worker.instance import PoolSlots

GROWN_UP: Final = 10.0
"""Seconds after which a death says nothing about the start."""

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 15.0


class Replacing:
    """The places of processes that have died, with the time at which they are filled again."""

    def __init__(self) -> None:
        self._young_deaths: dict[int, int] = {}
        self._due: list[tuple[float, int, Sequence[PoolSlots]]] = []

    def add(self, number: int, served: Sequence[PoolSlots], lived: float) -> None:
        """Process ``number`` has died after so many seconds."""
        deaths = self._young_deaths.get(number, 0) if lived < GROWN_UP else 0
        self._young_deaths[number] = deaths + 1
        wait = min(FIRST_WAIT * 2 ** (deaths - 1), LONGEST_WAIT) if deaths else 0.0
        self._due.append((time.monotonic() + wait, number, served))

    def is_awaited(self, served: Sequence[PoolSlots]) -> bool:
        """Whether a process with these slots will be made by itself."""
        return any(entry[2] == served for entry in self._due)

    def due(self) -> list[tuple[int, Sequence[PoolSlots]]]:
        """The places to fill now."""
        now = time.monotonic()
        due = [(number, served) for moment, number, served in self._due if moment <= now]
        self._due = [entry for entry in self._due if entry[0] > now]
        return due
