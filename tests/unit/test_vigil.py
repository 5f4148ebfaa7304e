"""A process that is watched is judged by what it did while its watcher was awake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from skedulr_worker.board import Blocker, Board
from skedulr_worker.children import Child
from skedulr_worker.vigil import LONGEST_STEP, Vigil

PATIENCE = 1.0


class Watch:
    """A supervisor that looks at a process whose event loop has stopped with a task overdue."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._now = 0.0
        self._vigil = Vigil(lambda: self._now)

    def sees_it_overdue(self, after: float) -> bool:
        """Whether it is by the next look, which is so many seconds later."""
        self._now += after
        return self._child.is_overdue(PATIENCE, self._vigil.look())

    def looks_until_it_is_overdue(self) -> float:
        """How many seconds of looks that takes."""
        began = self._now
        while not self.sees_it_overdue(0.25):
            assert self._now - began < 60
        return self._now - began


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """Give a process whose task should have ended ten seconds ago."""
    board = Board([1])
    now = time.monotonic()
    board.ticker.moved, board.deadline = now - 20, now - 10
    orders: Callable[..., object] = object
    yield Child(1, 0, board, [], orders(), False, None, None, None)  # type: ignore[arg-type]  # it is told nothing
    board.close()


def test_who_blocks_beyond_a_time_out_is_found_by_looking_for_some_seconds(child: Child) -> None:
    watch = Watch(child)
    assert 4.5 < watch.looks_until_it_is_overdue() < 6


def test_who_is_known_to_block_is_found_earlier(child: Child) -> None:
    child.board.blocker = Blocker("pool", "task", child.board.deadline)
    assert 2.5 < Watch(child).looks_until_it_is_overdue() < 4


def test_while_the_watcher_itself_stood_still_nothing_is_held_against_it(child: Child) -> None:
    watch = Watch(child)
    assert not watch.sees_it_overdue(0.25)
    assert not watch.sees_it_overdue(3600)
    child.board.ticker.moved += 1  # it comes round again
    assert not watch.sees_it_overdue(0.25)
    assert watch.looks_until_it_is_overdue() > 4


def test_a_vigil_counts_what_lies_between_looks_that_are_near_each_other() -> None:
    moments = iter([0.0, 0.5, 1.0, 100.0, 100.25])
    vigil = Vigil(lambda: next(moments))
    assert [vigil.look() for _ in range(4)] == [0.5, 1.0, 1.0 + LONGEST_STEP, 1.25 + LONGEST_STEP]
