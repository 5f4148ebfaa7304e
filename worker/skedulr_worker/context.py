"""An attempt: one claim of a task, from its start to its end."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any, Protocol

from skedulr.commands import Claim
from skedulr.wire import Call
from skedulr_worker.plans import Plan


class Stop(Enum):
    """Why an attempt was asked to stop."""

    CANCEL = "cancelled"
    """The user wishes so."""
    TIMEOUT = "timeout"
    LOST = "lost"
    """The claim has ended: whatever comes of the attempt counts no more."""
    RELEASE = "release"
    """The worker stops: the task goes back uncharged."""


class Teller(Protocol):
    """Takes what the tasks of a pool tell."""

    pool: str

    def progress(self, attempt: Attempt, percent: float, message: str) -> None:
        """Report progress."""

    def log(self, attempt: Attempt, message: str, facts: dict[str, Any]) -> None:
        """Add a line to the task's log."""


class Attempt:
    """One claim of a task that this process runs."""

    body = b""
    """The packed call, where a process of its own must get it."""

    def __init__(
        self, claim: Claim, call: Call, plan: Plan, instance: str, telling: Teller
    ) -> None:
        self.id = claim.id
        self.job = claim.job
        self.pool = telling.pool
        self.instance = instance
        self.attempt = claim.attempt + 1
        self.fence = claim.epoch
        self.deadline: float | None = None
        self.call = call
        self.plan = plan
        self.stop: Stop | None = None
        self.task: asyncio.Task[None] | None = None
        self.over = False
        self.begun = False
        self.told = False
        """Whether it has reported progress or log lines."""
        self.lines = 0
        """How many lines it has added to its log."""
        self.dropped = 0
        """How many of the last ones a full Redis did not take."""
        self._telling = telling

    @property
    def meta(self) -> dict[str, Any]:
        """Anything of the user's own, of the task or else of its job."""
        return self.plan.meta if self.call.meta is None else self.call.meta

    @property
    def timeout(self) -> float | None:
        """Seconds that it may take."""
        return self.plan.timeout if self.call.timeout is None else self.call.timeout

    @property
    def cancelled(self) -> bool:
        """Whether it should stop."""
        return self.stop is not None

    def progress(self, percent: float, message: str = "") -> None:
        """Report progress, 0..100."""
        self._telling.progress(self, percent, message)

    def log(self, message: str, **facts: object) -> None:
        """Add a line to the task's own log."""
        self._telling.log(self, message, facts)

    def facts(self) -> dict[str, Any]:
        """What every log record about it carries."""
        return {
            "task_id": self.id,
            "job": self.job,
            "pool": self.pool,
            "instance": self.instance,
            "attempt": self.attempt,
        }
