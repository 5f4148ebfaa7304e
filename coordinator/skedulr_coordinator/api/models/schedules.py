"""Schedules and their runs."""

from __future__ import annotations

from typing import Literal

from skedulr_coordinator.api.models.base import Model, Moment


class Schedule(Model):
    """A schedule: what it runs and when."""

    name: str
    pool: str
    job: str
    kind: Literal["once", "interval", "cron", "unknown"]
    spec: str
    timezone: str | None
    words: str
    state: str
    paused: bool
    next_at: Moment
    next: list[str]
    declared: bool
    orphaned: bool
    overlap: str
    catch_up: str
    jitter: float
    """Seconds."""
    problem: str | None
    """Why it cannot run, where it cannot."""
    fired: int
    """How many slots it has submitted tasks for."""
    created_at: Moment
    changed_at: Moment
    last_run: Moment


class Schedules(Model):
    """All schedules, by name."""

    schedules: list[Schedule]


class Run(Model):
    """What became of a slot."""

    outcome: str
    slot: Moment
    upto: Moment
    at: Moment
    task: str | None
    state: str | None
    """The state of its task, as long as there is one."""


class ScheduleWithRuns(Schedule):
    """A schedule with its past runs, the newest first."""

    runs: list[Run]
