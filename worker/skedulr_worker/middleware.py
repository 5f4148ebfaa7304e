"""What wraps every task: the user's middleware, and the handlers of unhandled exceptions.

Where nothing is registered, nothing is called.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from skedulr.app import ErrorHandler, Middleware, Skedulr
from skedulr.context import Current
from skedulr_worker.context import Attempt
from skedulr_worker.view import View

_HANDLER_FAILED: Final = "an on_error handler failed on task %s"

Chain = Callable[[Current, Callable[[], Awaitable[Any]]], Awaitable[Any]]


def chain_of(middlewares: Sequence[Middleware]) -> Chain | None:
    """All of them as one, the first outermost; ``None`` where there are none."""
    if not middlewares:
        return None
    links = tuple(middlewares)

    def call(task: Current, job: Callable[[], Awaitable[Any]], depth: int = 0) -> Awaitable[Any]:
        if depth == len(links):
            return job()
        return links[depth](task, lambda: call(task, job, depth + 1))

    return call


class Recovery:
    """Calls the app's ``on_error`` handlers; whatever they do, the task has failed."""

    def __init__(self, app: Skedulr, spawn: Callable[[Awaitable[Any]], None]) -> None:
        self._handlers: Sequence[ErrorHandler] = tuple(app.error_handlers)
        self._logger = app.logger
        self._spawn = spawn

    def tell(self, attempt: Attempt, error: BaseException) -> None:
        """Tell every handler of an unhandled exception of a job."""
        for handler in self._handlers:
            try:
                answer = handler(View(attempt), error)
            except Exception:
                self._logger.exception(_HANDLER_FAILED, attempt.id, extra=attempt.facts())
            else:
                if inspect.isawaitable(answer):
                    self._spawn(self._await(answer, attempt))

    async def _await(self, answer: Awaitable[Any], attempt: Attempt) -> None:
        try:
            await answer
        except Exception:
            self._logger.exception(_HANDLER_FAILED, attempt.id, extra=attempt.facts())


def raisable(error: BaseException) -> BaseException:
    """The error as a coroutine may raise it."""
    if isinstance(error, StopIteration | StopAsyncIteration):
        wrapped = RuntimeError(f"the job raised {type(error).__name__}")
        wrapped.__cause__ = error
        return wrapped
    return error
