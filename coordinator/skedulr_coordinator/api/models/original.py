"""What the first skedulr told, in its own words."""

from __future__ import annotations

from typing import Literal

from skedulr_coordinator.api.models.base import Model, State


class OriginalTask(Model):
    """A task as the first skedulr told it."""

    id: str
    pool: str
    name: str
    type: str
    key: str | None
    status: State
    priority: int
    progress: float


class OriginalPool(Model):
    """A pool as the first skedulr told it."""

    name: str
    workers: int
    queue_size: int


class Stats(Model):
    """The cluster as the first skedulr told it."""

    queue_size: int
    success_count: int
    failure_count: int
    dead_count: int
    panic_count: int
    current_workers: int
    active_tasks: list[OriginalTask]
    history: list[OriginalTask]
    pools: list[OriginalPool]
    is_paused: bool


class Acted(Model):
    """What was done to a task."""

    id: str
    name: str
    status: Literal["cancelled", "requested", "resubmitted"]


class Paused(Model):
    """Whether the cluster is paused."""

    is_paused: bool


class Scaled(Model):
    """How a pool is scaled, and how many slots are missing for that."""

    pool: str
    count: int
    workers: int
    short: int
