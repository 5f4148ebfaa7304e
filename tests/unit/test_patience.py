"""A process that runs one suspect waits for it to stop, and not for ever."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from skedulr_worker.board import Blocker, Board
from skedulr_worker.context import Stop
from skedulr_worker.patience import LATE, Patience


class Timers:
    """A loop whose time the test tells."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[tuple[float, Any, tuple[Any, ...]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, due: float, call: Any, *args: Any) -> None:
        self.calls.append((due, call, args))

    def run_until(self, now: float) -> None:
        self.now = now
        due, self.calls = (
            [each for each in self.calls if each[0] <= now],
            [each for each in self.calls if each[0] > now],
        )
        for _, call, args in due:
            call(*args)


@pytest.fixture
def timers() -> Timers:
    return Timers()


@pytest.fixture
def board() -> Board:
    return Board([])


@pytest.fixture
def patience(timers: Timers, board: Board) -> Patience:
    loop: asyncio.AbstractEventLoop = timers  # type: ignore[assignment]  # all that is used of one
    return Patience(loop, board, 5.0, lambda: None)


def attempt(stop: Stop = Stop.CANCEL) -> Any:
    return SimpleNamespace(pool="p", id="a", deadline=None, stop=stop, over=False)


def test_what_goes_on_is_shown_once_the_time_is_over(
    timers: Timers, board: Board, patience: Patience
) -> None:
    patience.begin(attempt())
    timers.run_until(4.9)
    assert board.stuck is None
    timers.run_until(5.1)
    assert board.stuck == Blocker("p", "a", 0.0)


def test_what_has_stopped_is_not(timers: Timers, board: Board, patience: Patience) -> None:
    stopping = attempt()
    patience.begin(stopping)
    stopping.over = True
    timers.run_until(5.1)
    assert board.stuck is None


def test_time_in_which_the_machine_stood_still_does_not_count(
    timers: Timers, board: Board, patience: Patience
) -> None:
    patience.begin(attempt())
    timers.run_until(60.0)
    assert board.stuck is None
    timers.run_until(65.0 + LATE / 2)
    assert board.stuck is not None


def test_a_worker_that_stops_has_a_patience_of_its_own(
    timers: Timers, board: Board, patience: Patience
) -> None:
    patience.begin(attempt(Stop.RELEASE))
    timers.run_until(5.1)
    assert board.stuck is None
