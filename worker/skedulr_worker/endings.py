"""What becomes of a task when its attempt is over: the acknowledgement for Redis."""

from __future__ import annotations

import math
import traceback
from typing import Final

from skedulr import values
from skedulr.commands import Ack
from skedulr.config import Config
from skedulr.errors import Fail, NotSerialisable, PayloadTooLarge, Retry
from skedulr.inspect import pack_problem
from skedulr.retry import decide
from skedulr.states import State
from skedulr_worker.context import Attempt, Stop

LONGEST_TRACEBACK: Final = 16 * 1024
LONGEST_ERROR: Final = 1000
UNSERIALISABLE: Final = "unserialisable"


class TimedOut(TimeoutError):  # noqa: N818 - it says what happened, like skedulr's own
    """The attempt took longer than it may."""


def succeeded(attempt: Attempt, result: object, config: Config) -> Ack:
    """The acknowledgement for a job that returned; a result that cannot be kept is a failure."""
    if result is None:
        return Ack(attempt.id, attempt.fence)
    try:
        packed = values.dumps(result, "result")
        if len(packed) > config.max_payload:
            raise PayloadTooLarge(f"the result of {attempt.job!r}", len(packed), config.max_payload)
    except (NotSerialisable, PayloadTooLarge) as error:
        # The job has done its work: to do it again would give the same result.
        return Ack(
            attempt.id,
            attempt.fence,
            State.FAILED,
            b"",
            problem_of(error),
            0,
            "the result cannot be kept",
            UNSERIALISABLE,
        )
    return Ack(attempt.id, attempt.fence, State.SUCCEEDED, packed)


def failed(attempt: Attempt, error: BaseException) -> Ack:
    """The acknowledgement for a job that raised, or took too long."""
    policy, max_retries = attempt.plan.retries_of(attempt.call)
    plan = attempt.plan
    verdict = decide(error, attempt.attempt, policy, max_retries, plan.retry_on, plan.give_up_on)
    return Ack(
        attempt.id,
        attempt.fence,
        verdict.state,
        b"",
        problem_of(error),
        math.ceil(verdict.after * 1000),
        verdict.reason,
        kind_of(error),
    )


def cancelled(attempt: Attempt) -> Ack:
    """The acknowledgement for a job that stopped because its task was cancelled."""
    return Ack(attempt.id, attempt.fence, State.CANCELLED, b"", b"", 0, "user", Stop.CANCEL.value)


def unreadable(task_id: str, epoch: int, error: Exception) -> Ack:
    """The acknowledgement for a call that this process cannot read, nor any like it."""
    reason = "unreadable"
    return Ack(task_id, epoch, State.DEAD, b"", problem_of(error), 0, reason, reason)


def timed_out(attempt: Attempt) -> TimedOut:
    """The error of an attempt that took too long."""
    return TimedOut(f"it took longer than {attempt.timeout:g} s")


def kind_of(error: BaseException) -> str:
    """How the attempt's record calls this end."""
    match error:
        case TimedOut():
            return Stop.TIMEOUT.value
        case Retry():
            return "retry"
        case Fail():
            return "fail"
    return "exception"


def problem_of(error: BaseException) -> bytes:
    """The error as the attempt's record keeps it: one line, and the end of its traceback."""
    return pack_problem(line_of(error), _traceback_of(error))


def line_of(error: BaseException) -> str:
    """The error in one line, even where its own text fails."""
    if isinstance(error, TimedOut):
        return f"TimeoutError: {error}"
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as other:
        return f"{name} (its text cannot be made: {type(other).__name__})"
    return f"{name}: {text}"[:LONGEST_ERROR] if text else name


def _traceback_of(error: BaseException) -> str:
    if isinstance(error, TimedOut):
        return ""
    try:
        text = "".join(traceback.format_exception(_raised_by_the_job(error)))
    except Exception as other:
        return f"(the traceback cannot be made: {type(other).__name__})"
    return text if len(text) <= LONGEST_TRACEBACK else "…" + text[-LONGEST_TRACEBACK:]


def _raised_by_the_job(error: BaseException) -> BaseException:
    """The error without the worker's own frame at the top of its traceback."""
    frames = error.__traceback__
    if frames is not None and frames.tb_next is not None:
        return error.with_traceback(frames.tb_next)
    return error
