"""What a running job can ask and tell: ``current()``."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextvars import ContextVar
from typing import Any

from skedulr.errors import ConfigurationError


class Current(ABC):
    """The task that runs here, as its job sees it."""

    @property
    @abstractmethod
    def id(self) -> str:
        """The task's id in its pool."""

    @property
    @abstractmethod
    def job(self) -> str:
        """The name of its job."""

    @property
    @abstractmethod
    def pool(self) -> str:
        """The pool that it runs in."""

    @property
    @abstractmethod
    def instance(self) -> str:
        """The worker process that runs it."""

    @property
    @abstractmethod
    def attempt(self) -> int:
        """1 in the first attempt."""

    @property
    @abstractmethod
    def fence(self) -> int:
        """Rises with every claim of this task: a store that has seen a higher one can refuse this
        attempt's writes.
        """

    @property
    @abstractmethod
    def deadline(self) -> float | None:
        """When the attempt times out (``time.monotonic`` seconds), ``None`` for never."""

    @property
    @abstractmethod
    def meta(self) -> dict[str, Any]:
        """What was said as ``meta`` of the task, or else of its job."""

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether the task should stop: cancelled, timed out, or its claim is lost. Threads
        must ask.
        """

    @abstractmethod
    def progress(self, percent: float, message: str = "") -> None:
        """Report progress, 0..100; seen live. Cheap: only the newest within a moment travels."""

    @abstractmethod
    def log(self, message: str, **facts: object) -> None:
        """Add a line to the task's own log, seen live; the newest 1,000 are kept."""

    @property
    def remaining(self) -> float | None:
        """Seconds until the attempt times out, ``None`` for never."""
        return None if self.deadline is None else self.deadline - time.monotonic()


running: ContextVar[Current] = ContextVar("skedulr_current")
"""The task of this coroutine or thread; set by whoever runs it."""


def current() -> Current:
    """The task that is running here; raises ``ConfigurationError`` outside of one."""
    task = running.get(None)
    if task is None:
        raise ConfigurationError("current() was called outside of a running task; call it in a job")
    return task
