"""What comes of an attempt that is over: its acknowledgement, and a line in the log."""

from __future__ import annotations

import logging
from typing import Any

from skedulr.commands import Ack
from skedulr.config import Config
from skedulr.reports import unpack_problem
from skedulr.states import State
from skedulr_worker import endings
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.isolation.deaths import Death
from skedulr_worker.isolation.process import Ended
from skedulr_worker.middleware import Recovery


class Verdicts:
    """Makes acknowledgements; ``None`` stands for a task that goes back uncharged."""

    def __init__(self, recovery: Recovery, config: Config, logger: logging.Logger) -> None:
        self._recovery = recovery
        self._config = config
        self._logger = logger
        self._debug = logger.isEnabledFor(logging.DEBUG)

    def of_end(self, attempt: Attempt, result: Any, error: BaseException | None) -> Ack | None:
        """For a job that has returned or raised in this process."""
        if error is None and attempt.stop is not Stop.TIMEOUT:
            ack = endings.succeeded(attempt, result, self._config)
            if self._debug or ack.state is not State.SUCCEEDED:
                self._log_success(attempt, ack)
            return ack
        if attempt.stop in (Stop.RELEASE, Stop.CANCEL):
            return self._stopped(attempt)
        if attempt.stop is Stop.TIMEOUT or error is None:
            return self._timed_out(attempt)
        ack = endings.failed(attempt, error)
        is_unhandled = ack.kind == endings.EXCEPTION
        if is_unhandled:
            self._recovery.tell(attempt, error)
        self._log_failure(attempt, ack, endings.line_of(error), error if is_unhandled else None)
        return ack

    def of_isolated_end(self, attempt: Attempt, end: Ended) -> Ack | None:
        """For a job that has returned or raised in a process of its own, which has made the
        acknowledgement and told the handlers.
        """
        ack = Ack(attempt.id, attempt.fence, end.state, *end[3:8])
        if end.returned and attempt.stop is not Stop.TIMEOUT:
            if self._debug or ack.state is not State.SUCCEEDED:
                self._log_success(attempt, ack)
            return ack
        if attempt.stop in (Stop.RELEASE, Stop.CANCEL):
            return self._stopped(attempt)
        if attempt.stop is Stop.TIMEOUT:
            return self._timed_out(attempt)
        line = end.line
        if ack.kind == endings.EXCEPTION:
            line = f"{line}\n{unpack_problem(ack.problem)[1]}".rstrip()
        self._log_failure(attempt, ack, line)
        return ack

    def of_death(self, attempt: Attempt, death: Death) -> Ack | None:
        """For a job whose own process has died."""
        if attempt.stop in (Stop.RELEASE, Stop.CANCEL):
            return self._stopped(attempt)
        if attempt.stop is Stop.TIMEOUT:
            return self._timed_out(attempt, death)
        self._logger.error(
            "task %s (%s) has crashed, and goes back: %s",
            attempt.id,
            attempt.job,
            death.text,
            extra=attempt.facts(),
        )
        return endings.crashed(attempt, death)

    def of_fall(self, attempt: Attempt, death: Death) -> Ack | None:
        """For a job whose own process was killed together with others."""
        if attempt.stop is not None:
            return self.of_death(attempt, death)
        self._logger.warning(
            "the process of task %s was killed together with others; the task goes back uncharged",
            attempt.id,
            extra=attempt.facts(),
        )
        return endings.suspected(attempt)

    def _stopped(self, attempt: Attempt) -> Ack | None:
        if attempt.stop is Stop.RELEASE:
            return None
        self._logger.info("task %s was cancelled", attempt.id, extra=attempt.facts())
        return endings.cancelled(attempt)

    def _timed_out(self, attempt: Attempt, death: Death | None = None) -> Ack:
        error = endings.timed_out(attempt, killed=death is not None)
        ack = endings.failed(attempt, error, death)
        self._log_failure(attempt, ack, endings.line_of(error))
        return ack

    def _log_success(self, attempt: Attempt, ack: Ack) -> None:
        if ack.state is State.FAILED:
            self._logger.error(
                "task %s (%s) failed: its result cannot be kept",
                attempt.id,
                attempt.job,
                extra=attempt.facts(),
            )
        else:
            self._logger.debug("task %s succeeded", attempt.id, extra=attempt.facts())

    def _log_failure(
        self, attempt: Attempt, ack: Ack, line: str, error: BaseException | None = None
    ) -> None:
        if ack.state is State.SCHEDULED:
            self._logger.warning(
                "task %s (%s) failed in attempt %d and is tried again after %.1f s: %s",
                attempt.id,
                attempt.job,
                attempt.attempt,
                ack.delay_ms / 1000,
                line.partition("\n")[0],
                extra=attempt.facts(),
            )
            return
        self._logger.error(
            "task %s (%s) is %s after attempt %d: %s",
            attempt.id,
            attempt.job,
            ack.state.label,
            attempt.attempt,
            line,
            extra=attempt.facts(),
            exc_info=error,
        )
