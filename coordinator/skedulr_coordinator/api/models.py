"""What the answers hold, for the description of the interface.

The documents themselves are made by ``skedulr.documents`` and sent as they are: nothing is checked
or copied on the way. Tests hold what is sent against these.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "scheduled", "waiting", "queued", "running", "succeeded", "failed", "dead", "cancelled"
]
Moment = Annotated[
    str | None,
    Field(description="ISO 8601 in UTC, null for never", examples=["2030-01-31T12:00:00.000Z"]),
]


class Model(BaseModel):
    """A document; fields may be added to it."""

    model_config = ConfigDict(
        populate_by_name=True, json_schema_extra={"additionalProperties": True}
    )


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
    """An ended attempt that did not succeed."""

    number: int
    kind: str
    started_at: Moment
    ended_at: Moment
    instance: str
    error: str
    traceback: str


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


class Workflow(Model):
    """A workflow in a list."""

    name: str
    pool: str
    id: str
    title: str
    state: Literal["running", "succeeded", "failed", "cancelled"]
    counts: dict[str, int]
    created_at: Moment
    finished_at: Moment


class Workflows(Model):
    """A page of workflows."""

    workflows: list[Workflow]
    next: str | None


class Node(Model):
    """A node of a workflow."""

    name: str
    pool: str
    id: str
    job: str
    title: str
    state: State | None
    skipped: bool


class Edge(Model):
    """What a node waits for."""

    from_: str = Field(alias="from")
    to: str
    on: Literal["success", "failure", "end"]


class Graph(Workflow):
    """A workflow with its nodes and edges."""

    nodes: list[Node]
    edges: list[Edge]


class ChangedGraph(Graph):
    """A workflow, and how many of its nodes an action has changed."""

    changed: int


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
