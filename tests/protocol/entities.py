"""What the model knows of a task, of an instance and of a class of instances."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from skedulr.commands import Stands, Submission
from skedulr.record import FORMAT, INLINE_LIMIT
from skedulr.states import State


class Problem(NamedTuple):
    """How one attempt went wrong, as the history of a task keeps it."""

    attempt: int
    kind: bytes
    started_at: int
    ended_at: int
    owner: bytes
    problem: bytes


PENDING, MET, UNMET = 0, 1, 2
"""How an edge stands."""

Event = tuple[str, str, int]
"""Kind, id and epoch of an entry of the outbox."""


@dataclass
class Edge:
    """What a task wants of a parent, and how that stands."""

    on: int
    standing: int
    since: int
    takes: int

    @property
    def is_pending(self) -> bool:
        return self.standing == PENDING


@dataclass
class Task:
    """A task that the pool has accepted and not yet forgotten."""

    said: Submission
    epoch: int
    enqueued_at: int
    expires_at: int
    state: State = State.QUEUED
    turn: int = 0
    """Which entry into the queue was its last one; 0 before the first."""
    due: int = 0
    ended: int = 0
    again: str = ""
    owner: str = ""
    number: int = 0
    """The exchange that claimed it."""
    attempt: int = 0
    crashes: int = 0
    losses: int = 0
    suspect: bool = False
    cancel: bool = False
    ready_at: int = 0
    started_at: int = 0
    finished_at: int = 0
    reason: str = ""
    result: bytes = b""
    progress: bytes = b""
    waiters: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    told: int = 0
    """How many lines its last claim has told, as far as the pool has heard."""
    edges: dict[str, Edge] = field(default_factory=dict)
    inputs: dict[str, bytes] = field(default_factory=dict)
    linked: int = 0
    waiting_since: int = 0
    put_off: int = 0
    """What a trim has put in the place of its end, since its children have not been told."""

    @property
    def awaits(self) -> int:
        """How many of its parents have not ended as wanted."""
        return sum(edge.standing != MET for edge in self.edges.values())

    @property
    def id(self) -> str:
        return self.said.id

    @property
    def job(self) -> str:
        return self.said.job

    @property
    def token(self) -> str:
        return self.said.token.decode("utf-8", "surrogateescape")

    @property
    def order(self) -> tuple[int, int]:
        """Its place in the queue: the larger priority first, then who came first."""
        return -self.said.priority, self.turn

    def is_claim(self, instance: str, epoch: int) -> bool:
        """Whether the instance runs it, by this very claim."""
        return (self.state, self.owner, self.epoch) == (State.RUNNING, instance, epoch)

    def as_record(self) -> dict[str, int | str]:
        """All fields of its record but the gate, which the rules leave open."""
        return {
            "version": FORMAT,
            "state": int(self.state),
            "job": self.job,
            "priority": self.said.priority,
            "score": (1023 - self.said.priority) * 2**43 + self.turn if self.turn else 0,
            "epoch": self.epoch,
            "ended": self.ended,
            "token": self.token,
            "again": self.again,
            "owner": self.owner,
            "attempt": self.attempt,
            "crashes": self.crashes,
            "losses": self.losses,
            "suspect": int(self.suspect),
            "cancel": int(self.cancel),
            "waited": int(bool(self.waiters)),
            "logged": 1 + self.told if self.lines else 0,
            "spilled": int(len(self.said.body) > INLINE_LIMIT),
            "enqueued_at": self.enqueued_at,
            "ready_at": self.ready_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "expires_at": self.expires_at,
            "ttl": self.said.ttl_ms,
            "key": self.said.key,
            "group": self.said.group,
            "reason": self.reason,
            "linked": self.linked,
            "parents": len(self.edges),
            "awaits": self.awaits,
        }


@dataclass(frozen=True)
class JobClass:
    """A set of jobs that some instances know, and how they run them."""

    name: str
    wire: int
    solo: bool
    jobs: frozenset[str]

    @property
    def text(self) -> str:
        """How an instance tells it when it joins."""
        kind = "solo" if self.solo else "any"
        return f"{self.wire} {kind} /{'/'.join(sorted(self.jobs))}/"

    def can_read_and_knows(self, task: Task) -> bool:
        """Whether the record's format and the job are this class's."""
        return self.wire >= FORMAT and task.job in self.jobs


@dataclass
class Instance:
    """An instance that the pool knows."""

    job_class: str
    lease_ms: int
    slots: int
    seen: int
    number: int = 0
    """The highest exchange that the pool has seen of it."""
    gave: list[tuple[str, int]] = field(default_factory=list)
    """The claims (id, epoch) that this exchange gave."""
    idle_since: int = 0
    """When it last found nothing to do, 0 where it has something since."""


NEVER_SUBMITTED = 1
LABELS = {
    int(Stands.OPEN): "open",
    int(State.SUCCEEDED): "succeeded",
    int(State.FAILED): "failed",
    int(State.DEAD): "dead",
    int(State.CANCELLED): "cancelled",
    int(Stands.SKIPPED): "skipped",
}


@dataclass
class Node:
    """A node, as its workflow knows it."""

    token: bytes
    entry: bytes
    epoch: int = 0
    stands: int = 0

    @property
    def was_never_submitted(self) -> bool:
        return self.epoch == NEVER_SUBMITTED


@dataclass
class Flow:
    """A workflow: its nodes. No count is kept, so those in Redis are held against what is there."""

    token: bytes
    title: str
    created: int
    finished: int = 0
    nodes: dict[str, Node] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many nodes stand how."""
        found = Counter(LABELS[node.stands] for node in self.nodes.values())
        return {label: found[label] for label in LABELS.values()}

    @property
    def is_open(self) -> bool:
        return any(node.stands == Stands.OPEN for node in self.nodes.values())

    def look(self, now: int) -> None:
        """After a change: it ends with its last open node, and lives again with one."""
        self.finished = 0 if self.is_open else self.finished or now
