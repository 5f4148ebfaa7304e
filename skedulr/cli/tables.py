"""Lists for people: tasks, pools, instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.looks import Column
from skedulr.cli.moments import since
from skedulr.states import State
from skedulr.views.pool_jobs import PoolJob
from skedulr.views.pools import PoolInfo
from skedulr.views.rows import TaskRow

_TASKS: Final = [
    Column("TASK"),
    Column("JOB"),
    Column("STATE"),
    Column("PRIORITY", numbers=True, least_width=100),
    Column("ATTEMPTS", numbers=True, least_width=110),
    Column("PROGRESS", least_width=70),
    Column("WHEN"),
]
_POOLS: Final = [
    Column("POOL"),
    Column("QUEUED", numbers=True),
    Column("SCHEDULED", numbers=True, least_width=90),
    Column("RUNNING", numbers=True),
    Column("SLOTS", numbers=True, least_width=60),
    Column("LIMIT", numbers=True, least_width=80),
    Column("CAPACITY", numbers=True, least_width=120),
    Column("SUCCEEDED", numbers=True, least_width=60),
    Column("FAILED", numbers=True),
    Column("DEAD", numbers=True),
    Column("CANCELLED", numbers=True, least_width=110),
    Column("", least_width=60),
]

_JOBS: Final = [
    Column("JOB"),
    Column("POOL"),
    Column("RUNNING", numbers=True),
    Column("LIMIT", numbers=True),
    Column("IN CODE", numbers=True, least_width=60),
]


def of_tasks(console: Console, rows: Sequence[TaskRow], now_ms: int) -> Table:
    """Tasks in a list."""
    return looks.table(console, _TASKS, [_task(console, row, now_ms) for row in rows])


def _task(console: Console, row: TaskRow, now_ms: int) -> list[RenderableType]:
    return [
        Text(f"{row.pool}/{row.id}"),
        Text(row.job),
        looks.state(row.state),
        str(row.priority),
        str(row.attempt),
        looks.progress(console, row.percent),
        since(row.at_ms, now_ms),
    ]


def of_pools(console: Console, pools: Sequence[PoolInfo]) -> Table:
    """Pools with their counts."""
    return looks.table(console, _POOLS, [_pool(pool) for pool in pools])


def _pool(pool: PoolInfo) -> list[RenderableType]:
    def count(state: State) -> Text:
        return looks.number(pool.counts[state], looks.STYLES[state])

    return [
        Text(pool.name),
        count(State.QUEUED),
        count(State.SCHEDULED),
        count(State.RUNNING),
        looks.number(pool.slots),
        looks.limit(pool.limit),
        looks.limit(pool.max_capacity),
        count(State.SUCCEEDED),
        count(State.FAILED),
        count(State.DEAD),
        count(State.CANCELLED),
        _remark(pool),
    ]


def _remark(pool: PoolInfo) -> Text:
    """What keeps the pool's tasks from running, or new ones from coming in."""
    if pool.paused:
        return Text("paused", "yellow")
    if pool.limit == 0:
        return Text("scaled to 0", "yellow")
    if not pool.slots and pool.counts[State.QUEUED]:
        return Text("no worker", "red")
    if pool.max_capacity is not None and pool.unfinished >= pool.max_capacity:
        return Text("full", "yellow")
    return Text("")


def of_jobs(console: Console, jobs: Sequence[PoolJob]) -> Table:
    """Jobs with their limits."""
    return looks.table(console, _JOBS, [_job(job) for job in jobs])


def _job(job: PoolJob) -> list[RenderableType]:
    return [
        Text(job.name),
        Text(job.pool),
        looks.number(job.running, looks.STYLES[State.RUNNING]),
        looks.limit(job.limit),
        looks.limit(job.limit_in_code),
    ]
