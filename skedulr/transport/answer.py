"""Who takes the reply to a command that was sent on a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Awaited(Protocol):
    """What takes the reply to one command: a future, or what wants to be told at once."""

    def done(self) -> bool:
        """Whether nobody waits any more."""

    def set_result(self, result: Any, /) -> None:
        """The reply."""

    def set_exception(self, exception: Exception, /) -> None:
        """The server's refusal, or why there is no reply."""


class Answer:
    """A reply that tells at once that it has come; a future tells in the next turn of the loop."""

    __slots__ = ("_error", "_is_there", "_reply", "_told")

    def __init__(self, told: Callable[[Answer], None]) -> None:
        self._told = told
        self._reply: Any = None
        self._error: Exception | None = None
        self._is_there = False

    def done(self) -> bool:
        """Whether it is there."""
        return self._is_there

    def result(self) -> Any:
        """The reply; raises what came instead."""
        if self._error is not None:
            raise self._error
        return self._reply

    def set_result(self, result: Any) -> None:
        """It has come."""
        self._reply, self._is_there = result, True
        self._told(self)

    def set_exception(self, exception: Exception) -> None:
        """It will not come."""
        self._error, self._is_there = exception, True
        self._told(self)

    @property
    def has_failed(self) -> bool:
        """Whether ``result`` raises."""
        return self._error is not None
