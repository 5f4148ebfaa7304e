"""What an endless loop shows of itself: its name, its state, and when it last came round.

Every loop of a worker and of a coordinator has such a mark, and its process reports it, so that one
that hangs is seen from outside. Moments are monotonic, so that a clock that is set shows no loop as
hanging; all processes of a host share that clock.
"""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Any, Final, Protocol

from skedulr.errors import RedisUnavailable

PATIENCE: Final = 15.0
"""Seconds without a turn after which a loop hangs, unless it says otherwise."""


class LoopState(StrEnum):
    """How a loop is."""

    STARTING = "starting"
    """It has not come round yet."""
    WORKING = "working"
    """Its last turn did what it should."""
    RESTING = "resting"
    """It has nothing to do until something happens, however long that takes."""
    AWAY = "away"
    """Redis did not answer in its last turn; it tries on."""
    FAILING = "failing"
    """Its last turn ended with another error; it tries on."""
    STOPPED = "stopped"
    """It has ended."""
    HANGING = "hanging"
    """It should have come round, well or not, and did not. No loop says so of itself."""


WRONG: Final = (LoopState.HANGING, LoopState.AWAY, LoopState.FAILING)
"""States that somebody should hear of."""


def state_after(error: BaseException) -> LoopState:
    """The state of a loop whose turn ended with that error."""
    return LoopState.AWAY if isinstance(error, RedisUnavailable) else LoopState.FAILING


_MAY_BE_SILENT: Final = (LoopState.RESTING, LoopState.STOPPED)


class Mark(Protocol):
    """Where a loop keeps its state: in its process, or in memory that two processes share."""

    state: LoopState
    moved: float
    """When its last turn ended, well or not, or when it began (monotonic seconds)."""
    turned: float
    """When its last turn ended well (monotonic seconds), 0 for never."""


class OwnMark:
    """A mark that only this process sees."""

    def __init__(self) -> None:
        self.state = LoopState.STARTING
        self.moved = time.monotonic()
        self.turned = 0.0


class Loop:
    """One endless loop as others see it.

    ``patience`` is how many seconds may pass between two of its turns, failing ones among them.
    """

    def __init__(self, name: str, patience: float = PATIENCE, mark: Mark | None = None) -> None:
        self.name = name
        self._patience = patience
        self._mark: Mark = mark if mark is not None else OwnMark()

    def turn(self, state: LoopState = LoopState.WORKING) -> None:
        """A turn has ended so."""
        mark = self._mark
        mark.moved = now = time.monotonic()
        if state in (LoopState.WORKING, LoopState.RESTING):
            mark.turned = now
        mark.state = state

    def begin(self) -> None:
        """A turn begins after a rest: from now on it is late when it does not end."""
        self._mark.moved = time.monotonic()
        self._mark.state = LoopState.WORKING

    def stop(self) -> None:
        """The loop has ended."""
        self._mark.state = LoopState.STOPPED

    @property
    def has_begun(self) -> bool:
        """Whether its mark ever moved; a shared one does not where there is no such loop."""
        return bool(self._mark.moved)

    @property
    def state(self) -> LoopState:
        """How it is now; ``HANGING`` where it should have come round and did not."""
        state = self._mark.state
        late = self.has_begun and time.monotonic() - self._mark.moved > self._patience
        return LoopState.HANGING if late and state not in _MAY_BE_SILENT else state

    def facts(self) -> dict[str, Any]:
        """What a report says of it: ``name``, ``state``, and ``last_turn_ms``, the end of its last
        good turn in ms since 1970 by this host's clock, 0 for never.
        """
        turned = self._mark.turned
        ago = time.monotonic() - turned
        return {
            "name": self.name,
            "state": self.state.value,
            "last_turn_ms": int((time.time() - ago) * 1000) if turned else 0,
        }
