"""What becomes of a task when its attempt is over: the acknowledgement for Redis."""

from __future__ import annotations

import math
import os
import traceback
from typing import Final

from skedulr import values
from skedulr.commands import Ack
from skedulr.config import Config
from skedulr.errors import Fail, NotSerialisable, PayloadTooLarge, Retry
from skedulr.reports import pack_problem
from skedulr.retry import decide
from skedulr.states import State
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.isolation.deaths import Death

LONGEST_TRACEBACK: Final = 16 * 1024
LONGEST_ERROR: Final = 1000
_OUR_FOLDER: Final = os.path.dirname(__file__) + os.sep
TracebackPart = traceback.TracebackException | None

UNSERIALISABLE: Final = "unserialisable"
EXCEPTION: Final = "exception"
CRASH: Final = "crash"
SUSPECTED: Final = "suspected"


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


def failed(attempt: Attempt, error: BaseException, death: Death | None = None) -> Ack:
    """The acknowledgement for a job that raised, or took too long, perhaps until its process was
    killed.
    """
    policy, max_retries = attempt.plan.retries_of(attempt.call)
    plan = attempt.plan
    verdict = decide(error, attempt.attempt, policy, max_retries, plan.retry_on, plan.give_up_on)
    return Ack(
        attempt.id,
        attempt.fence,
        verdict.state,
        b"",
        problem_of(error, death),
        math.ceil(verdict.after * 1000),
        verdict.reason,
        kind_of(error),
    )


def cancelled(attempt: Attempt) -> Ack:
    """The acknowledgement for a job that stopped because its task was cancelled."""
    return Ack(attempt.id, attempt.fence, State.CANCELLED, b"", b"", 0, "user", Stop.CANCEL.value)


def crashed(attempt: Attempt, death: Death) -> Ack:
    """The acknowledgement for a job whose own process has died: the crash is charged to its task,
    which goes back, or is dead after the third.
    """
    problem = pack_problem(death.text, "", death.facts())
    return Ack(attempt.id, attempt.fence, State.QUEUED, b"", problem, 0, "", CRASH)


def suspected(attempt: Attempt) -> Ack:
    """The acknowledgement for a job whose process was killed, nobody knows why: its task goes
    back uncharged, and runs alone.
    """
    return Ack(attempt.id, attempt.fence, State.QUEUED, b"", b"", 0, "", SUSPECTED)


def unreadable(task_id: str, epoch: int, error: Exception) -> Ack:
    """The acknowledgement for a call that this process cannot read, nor any like it."""
    reason = "unreadable"
    return Ack(task_id, epoch, State.DEAD, b"", problem_of(error), 0, reason, reason)


def timed_out(attempt: Attempt, *, killed: bool = False) -> TimedOut:
    """The error of an attempt that took too long."""
    end = ", and its process had to be killed" if killed else ""
    return TimedOut(f"it took longer than {attempt.timeout:g} s{end}")


def kind_of(error: BaseException) -> str:
    """How the attempt's record calls this end."""
    match error:
        case TimedOut():
            return Stop.TIMEOUT.value
        case Retry():
            return "retry"
        case Fail():
            return "fail"
    return EXCEPTION


def problem_of(error: BaseException, death: Death | None = None) -> bytes:
    """The error as the attempt's record keeps it: one line, the end of its traceback, and how its
    process was killed, if it was.
    """
    return pack_problem(line_of(error), _traceback_of(error), death.facts() if death else None)


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
        text = "".join(_without_our_frames(error).format())
    except Exception as other:
        return f"(the traceback cannot be made: {type(other).__name__})"
    return text if len(text) <= LONGEST_TRACEBACK else "…" + text[-LONGEST_TRACEBACK:]


def _without_our_frames(error: BaseException) -> traceback.TracebackException:
    """The traceback as the job's author needs it: without the frames of the worker."""
    whole = traceback.TracebackException.from_exception(error)
    seen: TracebackPart = whole
    while seen is not None:
        theirs = [frame for frame in seen.stack if not frame.filename.startswith(_OUR_FOLDER)]
        seen.stack = traceback.StackSummary.from_list(theirs)
        seen = seen.__cause__ or seen.__context__
    return whole
