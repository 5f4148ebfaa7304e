"""What the model knows of a task, of an instance and of a class of instances."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from skedulr.commands import Submission
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
            "logged": int(bool(self.lines)),
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
            "linked": 0,
            "parents": 0,
            "awaits": 0,
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
