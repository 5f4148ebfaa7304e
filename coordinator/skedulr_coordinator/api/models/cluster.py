"""The cluster: its pools, what each minute saw, who works there."""

from __future__ import annotations

from typing import Any

from skedulr_coordinator.api.models.base import Model, Moment, State


class Pool(Model):
    """Counts and settings of a pool; null for no limit."""

    name: str
    paused: bool
    counts: dict[State, int]
    limit: int | None
    job_limits: dict[str, int]
    max_capacity: int | None
    instances: int
    slots: int
    totals: dict[str, int]


class ScaledPool(Pool):
    """A pool, and how many slots are missing for its limit."""

    short: int


class Pools(Model):
    """All pools, by name."""

    pools: list[Pool]


class Redis(Model):
    """The server."""

    version: str
    memory_bytes: int
    max_memory_bytes: int | None


class Overview(Model):
    """The cluster as a whole."""

    namespace: str
    now: Moment
    paused: bool
    counts: dict[State, int]
    totals: dict[str, int]
    pools: list[Pool]
    workers: int
    instances: int
    coordinators: int
    redis: Redis


class Minute(Model):
    """What was done in a minute."""

    at: Moment
    enqueued: int
    started: int
    succeeded: int
    failed: int
    dead: int
    cancelled: int
    retried: int
    waited_ms: int
    ran_ms: int


class Timeline(Model):
    """The last minutes, oldest first."""

    minutes: list[Minute]


class Instances(Model):
    """What workers and coordinators report of themselves."""

    workers: list[dict[str, Any]]
    coordinators: list[dict[str, Any]]
