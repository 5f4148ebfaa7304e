"""Which tasks a list shows: filtered, in a fixed order, and never more than were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from skedulr.app import Skedulr
from skedulr.states import State
from skedulr.views import search
from skedulr.views.pools import PoolInfo
from skedulr.views.rows import TaskRow
from skedulr.views.search import ORDER

PAGE: Final = 500
"""Tasks that are looked at in one go."""

MOST_LOOKED_AT: Final = 10_000
"""Tasks of one state that are looked at, mostly in search of those of one job."""


@dataclass(frozen=True)
class Wanted:
    """What a list is to hold."""

    states: Sequence[State]
    job: str
    most: int


@dataclass(frozen=True)
class Listed:
    """A list, and what it is a part of."""

    rows: list[TaskRow]
    there_are: int
    """Tasks in the wanted pools and states, of whatever job."""


def list_tasks(app: Skedulr, pools: Sequence[PoolInfo], wanted: Wanted) -> Listed:
    """The tasks that are wanted of these pools, state by state.

    Where there are more than are wanted, each state gets a fair share of the list.
    """
    there_are = {
        state: sum(pool.counts[state] for pool in pools)
        for state in ORDER
        if state in wanted.states
    }
    found = {
        state: _found(app, pools, state, wanted) for state, count in there_are.items() if count
    }
    share = _shares({state: len(rows) for state, rows in found.items()}, wanted.most)
    rows = [row for state, rows in found.items() for row in rows[: share[state]]]
    return Listed(rows, sum(there_are.values()))


def _found(app: Skedulr, pools: Sequence[PoolInfo], state: State, wanted: Wanted) -> list[TaskRow]:
    """The first tasks in one state."""
    there = [pool.name for pool in pools if pool.counts[state]]
    sought = search.Wanted(there, (state,), wanted.job)
    rows: list[TaskRow] = []
    cursor: str | None = None
    for _ in range(MOST_LOOKED_AT // PAGE):
        size = min(PAGE, wanted.most - len(rows))
        steps = search.search(app.config.namespace, sought, size, cursor, looks_at=PAGE)
        page = app.client.perform(steps)
        rows += page.rows
        cursor = page.next
        if cursor is None or len(rows) == wanted.most:
            break
    return rows


def _shares(numbers: dict[State, int], most: int) -> dict[State, int]:
    """How many rows each state gets: all alike, and what one does not need goes to the others."""
    shares: dict[State, int] = {}
    left = most
    by_need = sorted(numbers, key=lambda state: numbers[state])
    for place, state in enumerate(by_need):
        shares[state] = min(numbers[state], -(-left // (len(by_need) - place)))
        left -= shares[state]
    return shares
