"""What user code gets of an attempt: what ``Current`` promises, nothing that the worker needs."""

from __future__ import annotations

from typing import Any

from skedulr.context import Current
from skedulr_worker.context import Attempt


class View(Current):
    """The attempt as its job, middleware and ``on_error`` handlers see it; any two are equal."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    @property
    def id(self) -> str:
        """The task's id in its pool."""
        return self._attempt.id

    @property
    def job(self) -> str:
        """The name of its job."""
        return self._attempt.job

    @property
    def pool(self) -> str:
        """The pool that it runs in."""
        return self._attempt.pool

    @property
    def instance(self) -> str:
        """The worker process that runs it."""
        return self._attempt.instance

    @property
    def attempt(self) -> int:
        """1 in the first attempt."""
        return self._attempt.attempt

    @property
    def fence(self) -> int:
        """Rises with every claim of this task."""
        return self._attempt.fence

    @property
    def deadline(self) -> float | None:
        """When the attempt times out."""
        return self._attempt.deadline

    @property
    def meta(self) -> dict[str, Any]:
        """What was said as ``meta`` of the task, or else of its job."""
        return self._attempt.meta

    @property
    def cancelled(self) -> bool:
        """Whether the task should stop."""
        return self._attempt.cancelled

    def progress(self, percent: float, message: str = "") -> None:
        """Report progress, 0..100."""
        self._attempt.progress(percent, message)

    def log(self, message: str, **facts: object) -> None:
        """Add a line to the task's own log."""
        self._attempt.log(message, **facts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and other._attempt is self._attempt

    def __hash__(self) -> int:
        return hash(self._attempt)

    def __repr__(self) -> str:
        return f"<attempt {self.attempt} of task {self.pool}/{self.id}>"
