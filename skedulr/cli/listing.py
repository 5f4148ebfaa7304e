"""Which tasks a list shows: filtered, in a fixed order, and never more than were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from skedulr.app import Skedulr
from skedulr.states import State
from skedulr.views import inspect
from skedulr.views.inspect import PoolInfo, TaskRow
from skedulr.views.search import ORDER

PAGE: Final = 500
MOST_SEARCHED: Final = 10_000
"""Tasks of one pool and state that are looked through for those of one job."""

_FIRST_COMES_FIRST: Final = (State.QUEUED, State.SCHEDULED)


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
        state: _merged(app, pools, state, wanted) for state, count in there_are.items() if count
    }
    share = _shares({state: len(rows) for state, rows in found.items()}, wanted.most)
    rows = [row for state, rows in found.items() for row in rows[: share[state]]]
    return Listed(rows, sum(there_are.values()))


def _merged(app: Skedulr, pools: Sequence[PoolInfo], state: State, wanted: Wanted) -> list[TaskRow]:
    """The tasks of all pools in one state: next ones first, of those that ended the newest."""
    rows = [
        row
        for pool in pools
        if pool.counts[state]
        for row in _of_pool(app, pool.name, state, wanted)
    ]
    if len(pools) > 1:
        sign = 1 if state in _FIRST_COMES_FIRST else -1
        rows.sort(key=lambda row: sign * row.at_ms)
    return rows[: wanted.most]


def _of_pool(app: Skedulr, pool: str, state: State, wanted: Wanted) -> list[TaskRow]:
    rows: list[TaskRow] = []
    for row in _pages(app, pool, state, PAGE if wanted.job else min(PAGE, wanted.most)):
        if wanted.job in ("", row.job):
            rows.append(row)
        if len(rows) == wanted.most:
            break
    return rows


def _pages(app: Skedulr, pool: str, state: State, size: int) -> Iterator[TaskRow]:
    for skip in range(0, MOST_SEARCHED, size):
        page = app.client.perform(inspect.tasks(app.keys(pool), state, size, skip))
        yield from page
        if len(page) < size:
            return


def _shares(numbers: dict[State, int], most: int) -> dict[State, int]:
    """How many rows each state gets: all alike, and what one does not need goes to the others."""
    shares: dict[State, int] = {}
    left = most
    by_need = sorted(numbers, key=lambda state: numbers[state])
    for place, state in enumerate(by_need):
        shares[state] = min(numbers[state], -(-left // (len(by_need) - place)))
        left -= shares[state]
    return shares
