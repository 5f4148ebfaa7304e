"""The cluster: its pools, what each minute saw, who works there."""

from __future__ import annotations

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


class PoolJob(Model):
    """A job in a pool; null for no limit."""

    pool: str
    name: str
    limit: int | None
    """How many of its tasks run at once, as somebody has set it or else as code says."""
    limit_in_code: int | None
    running: int


class PoolJobs(Model):
    """The jobs of a pool, by name."""

    jobs: list[PoolJob]


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


class Loop(Model):
    """An endless loop of a process; a field may be missing from what another version reports."""

    name: str
    state: str
    last_at: Moment


class Load(Model):
    """How much of a pool a worker runs."""

    slots: int
    running: int


class Process(Model):
    """A process of a worker."""

    number: int
    pid: int
    state: str
    blocked_by: str | None
    """The task that holds it up, where that is known."""
    silent_s: float
    solo: bool
    instance: str
    running: dict[str, int]
    loops: list[Loop]
    cpu_percent: float
    rss: int
    """Bytes."""


class Report(Model):
    """What every program of the cluster reports of itself."""

    role: str
    name: str
    host: str
    pid: int
    version: str
    python: str
    started_at: Moment
    reported_at: Moment
    loops: list[Loop]


class WorkerReport(Report):
    """What a worker reports of itself."""

    cpu_percent: float
    rss: int
    """Bytes."""
    pools: dict[str, Load]
    children: list[Process]


class CoordinatorReport(Report):
    """What a coordinator reports of itself."""

    address: str
    """Where it is served; empty within an application of a user's own."""


class Instances(Model):
    """What workers and coordinators report of themselves."""

    workers: list[WorkerReport]
    coordinators: list[CoordinatorReport]
