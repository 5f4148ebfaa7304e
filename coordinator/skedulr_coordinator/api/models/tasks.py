"""Tasks: in lists, one by one, and what an action on many came to."""

from __future__ import annotations

from typing import Any, Literal

from skedulr_coordinator.api.models.base import Model, Moment, State


class Row(Model):
    """A task in a list; of its times the one is known that the list is ordered by."""

    name: str
    pool: str
    id: str
    job: str
    state: State
    priority: int
    key: str | None
    attempts: int
    progress: float | None
    enqueued_at: Moment
    due_at: Moment
    started_at: Moment
    finished_at: Moment


class Rows(Model):
    """A page of a list."""

    tasks: list[Row]
    next: str | None
    counts: dict[State, int]


class Progress(Model):
    """What a task has reported last."""

    percent: float
    message: str
    at: Moment


class Attempt(Model):
    """An ended attempt that did not succeed, or a crash, after which the attempt is made again."""

    title: str
    """What people call it: `Attempt 2`, `Crash 1 of 3 (attempt 2)`."""
    number: int
    """Which attempt it was; crashes do not count, so that several may be of one attempt."""
    crash: int | None
    """Which crash of the task it was; null where it was none."""
    kind: str
    started_at: Moment
    ended_at: Moment
    instance: str
    error: str
    traceback: str
    cause: str | None
    """Why its process died, such as `segfault` or `out of memory`; null where it lived on."""
    signal: str | None
    exit_code: int | None
    stderr: str | None
    """The last lines that its process wrote there."""


class Line(Model):
    """A line of a task's own log."""

    at: Moment
    attempt: int
    message: str
    facts: Any


class Log(Model):
    """Lines of a task's log."""

    lines: list[Line]
    next: int


class Relative(Model):
    """A parent or a child of a task."""

    name: str
    state: State | None
    on: Literal["success", "failure", "end"]


class Lineage(Model):
    """Where a task comes from and what hangs on it."""

    parents: list[Relative]
    children: list[Relative]
    children_count: int
    workflow: str | None
    schedule: str | None


class Task(Model):
    """All about a task."""

    name: str
    pool: str
    id: str
    job: str
    state: State
    reason: str | None
    priority: int
    key: str | None
    group: str | None
    gate: str | None
    cancel_requested: bool
    enqueued_at: Moment
    due_at: Moment
    started_at: Moment
    finished_at: Moment
    expires_at: Moment
    instance: str | None
    timeout: float | None
    args: list[Any] | None
    kwargs: dict[str, Any] | None
    meta: dict[str, Any] | None
    result: Any
    unreadable: str | None
    progress: Progress | None
    attempts: int
    crashes: int
    losses: int
    failed_attempts: list[Attempt]
    log: list[Line]
    lineage: Lineage


class Reason(Model):
    """One thing that keeps a task from running."""

    code: str
    message: str
    hint: str | None


class Explanation(Model):
    """Why a task is not running."""

    state: State
    running: bool
    reasons: list[Reason]
    position: int | None
    estimate_s: float | None


class Refusal(Model):
    """A task on which an action was refused."""

    name: str
    reason: str


class Outcome(Model):
    """What an action on many tasks came to."""

    matched: int
    done: int
    refused: list[Refusal]
    refused_count: int
    more: bool
    next: str | None
