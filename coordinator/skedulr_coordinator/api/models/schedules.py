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
    paused: bool
    next_at: Moment
    next: list[str]
    declared: bool
    orphaned: bool
    overlap: str
    catch_up: str


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


class ScheduleWithRuns(Schedule):
    """A schedule with its past runs, the newest first."""

    runs: list[Run]
