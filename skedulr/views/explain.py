"""Why a task is not running: every state and everything that can hold a task, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from skedulr.commands import Steps
from skedulr.dependencies.edges import UPSTREAM
from skedulr.keys import PoolKeys
from skedulr.reports import unpack_attempts
from skedulr.states import State
from skedulr.values.plain import iso
from skedulr.views import waits
from skedulr.views.reason import Reason
from skedulr.views.sight import MINUTES, Sight, look
from skedulr.views.suspects import queue_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a task is not running, the first reason first."""

    state: State
    reasons: list[Reason] = field(default_factory=list)
    position: int | None = None
    """Its place among those of its pool that may run before it, 1 for the next one."""
    estimate_s: float | None = None
    """Seconds until it starts, if the pool goes on as in the last minutes."""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state is State.RUNNING

    def __str__(self) -> str:
        return "; ".join(reason.message for reason in self.reasons)


def explain(keys: PoolKeys, task_id: str) -> Steps[Explanation]:
    """Why a task is not running. Raises ``UnknownTask``, and ``Undecodable`` for a record of a
    newer format.
    """
    sight = yield from look(keys, task_id)
    state = sight.record.state
    if state is State.RUNNING:
        return Explanation(state, list(_of_running(sight)))
    if state is State.QUEUED:
        if sight.number("suspect"):
            return (yield from _of_suspect(keys, sight))
        return _of_queued(sight)
    if state is State.SCHEDULED:
        return Explanation(state, list(_of_scheduled(sight)))
    if state is State.WAITING:
        return Explanation(state, (yield from waits.of_waiting(keys, task_id)))
    if sight.word("reason") == UPSTREAM:
        ended_ms = sight.number("finished_at")
        return Explanation(state, [(yield from waits.of_upstream(keys, task_id, ended_ms))])
    return Explanation(state, [_of_ended(sight)])


def _of_running(sight: Sight) -> Iterator[Reason]:
    since, instance = iso(sight.number("started_at")), sight.word("owner")
    attempt = sight.number("attempt") + 1
    yield Reason("running", f"it runs: attempt {attempt}, on {instance} since {since}")
    if sight.number("cancel"):
        yield Reason("cancel_requested", "it is to be cancelled: its worker has been asked to stop")
    if 0 < sight.lease_ms < sight.now_ms:
        yield Reason(
            "lease_over",
            f"{instance} has not been heard of since {iso(sight.lease_ms)}",
            "the next sweep takes the task back, and another worker runs it",
        )


def _of_scheduled(sight: Sight) -> Iterator[Reason]:
    due = iso(sight.due_ms)
    if failed := sight.number("attempt"):
        errors = [attempt.error for attempt in unpack_attempts(sight.attempts)]
        why = f": {errors[-1]}" if errors and errors[-1] else ""
        yield Reason("retry", f"attempt {failed} failed{why}; the next one is due at {due}")
    else:
        yield Reason("scheduled", f"it is not due before {due}")
    yield from _pauses(sight)


def _of_ended(sight: Sight) -> Reason:
    state, reason = sight.record.state, sight.word("reason")
    at = iso(sight.number("finished_at"))
    if state is State.SUCCEEDED:
        return Reason("succeeded", f"it succeeded at {at}")
    if state is State.CANCELLED:
        if reason not in _CANCELLED:
            why = f" ({reason})" if reason else ""
            return Reason("cancelled", f"it was cancelled at {at}{why}", _AFTER_ALL)
        why, hint = _CANCELLED[reason]
        return Reason(f"cancelled_{reason}", f"it was cancelled at {at}{why}", hint)
    errors = [attempt.error for attempt in unpack_attempts(sight.attempts)]
    why = _ENDED.get(reason) or (errors[-1] if errors else reason)
    return Reason(
        state.label,
        f"it is {state.label} since {at}{f': {why}' if why else ''}",
        "submit it anew" if reason == "unreadable" else "repair the cause, then resubmit it",
    )


_AFTER_ALL: Final = "resubmit it to run it after all"
_CANCELLED: Final = {
    "user": (" by a user", _AFTER_ALL),
    "expired": (
        ": it had not started when it expired",
        "resubmit it to run it after all: it does not expire then",
    ),
}
_ENDED: Final = {
    "poison": "it killed its process three times, or its worker was lost whenever it ran alone",
    "unreadable": "its record cannot be read",
}


def _of_queued(sight: Sight) -> Explanation:
    in_the_way = [*_pauses(sight), *_workers(sight), *_limits(sight)]
    reasons = [*(in_the_way or [_turn(sight)]), *_besides(sight)]
    if _is_shut(sight):
        return Explanation(State.QUEUED, reasons)
    if any(reason.code in _NEVER for reason in in_the_way):
        return Explanation(State.QUEUED, reasons, sight.ahead + 1)
    return Explanation(State.QUEUED, reasons, sight.ahead + 1, _estimate(sight))


def _of_suspect(keys: PoolKeys, sight: Sight) -> Steps[Explanation]:
    """What must run alone waits for others of its kind, however many others there are."""
    suspects = yield from queue_of(keys, sight)
    alone = [*_workers(sight)] or suspects.reasons()
    reasons = [*_pauses(sight), *alone, *_limits(sight), *_besides(sight)]
    return Explanation(State.QUEUED, reasons, None if _is_shut(sight) else suspects.ahead + 1)


def _is_shut(sight: Sight) -> bool:
    """Whether its turn does not come."""
    return 0 in (sight.limit, sight.job_limit)


def _besides(sight: Sight) -> Iterator[Reason]:
    """What is to be known of it, whatever it waits for."""
    if sight.number("losses") and not sight.number("suspect"):
        yield Reason("lost", "the process that ran it was lost; it kept its place in the queue")
    if expires := sight.number("expires_at"):
        yield Reason("expires", f"it is cancelled if it has not started by {iso(expires)}")


def _pauses(sight: Sight) -> Iterator[Reason]:
    if sight.cluster_paused:
        yield Reason("paused_cluster", "the whole cluster is paused", "skedulr resume")
    if sight.pool_paused:
        yield Reason(
            "paused_pool", f"the pool {sight.pool} is paused", f"skedulr resume {sight.pool}"
        )


def _workers(sight: Sight) -> Iterator[Reason]:
    """Whether anybody is there who could run it."""
    job, there = sight.word("job"), sight.instances
    if not there.are_there:
        yield Reason(
            "no_worker",
            f"no worker serves the pool {sight.pool}",
            f"skedulr worker MODULE:APP --pool {sight.pool}",
        )
    elif (version := sight.number("version")) > max(there.formats):
        yield Reason(
            "newer_format",
            f"a newer skedulr submitted it, and no worker of {sight.pool} reads format {version}",
            "upgrade the workers",
        )
    elif job not in there.jobs:
        yield Reason(
            "unknown_job",
            f"no worker of the pool {sight.pool} knows the job {job}",
            "start a worker whose app has this job, or cancel the task",
        )


def _limits(sight: Sight) -> Iterator[Reason]:
    job = sight.word("job")
    if 0 <= sight.limit <= sight.running:
        yield Reason(
            "pool_limit",
            f"the pool {sight.pool} runs {sight.running} tasks, and may run {sight.limit} at once",
            f"skedulr scale {sight.pool} N",
        )
    if 0 <= sight.job_limit <= sight.job_running:
        yield Reason(
            "job_limit",
            f"the job {job} runs {sight.job_running} times, and may run {sight.job_limit} at once",
            f"skedulr limit {sight.pool} {job} N, or raise its limit in its code",
        )
    kind, _, name = sight.word("gate").partition(":")
    if kind and kind not in ("job", "limit", "solo", "wire"):
        yield Reason(
            f"gate_{kind}",
            f"it waits at the {kind} {name}".rstrip(),
            "ask with a newer skedulr, which knows what opens it",
        )


def _turn(sight: Sight) -> Reason:
    """Nothing is in the way but those before it."""
    slots = sight.instances.slots
    if not sight.ahead and sight.running < slots:
        return Reason("next", "it is next, and a worker is about to take it")
    if not sight.ahead:
        return Reason("busy", f"it is next; all {slots} slots of the pool {sight.pool} are taken")
    tasks = "one task is" if sight.ahead == 1 else f"{sight.ahead:,} tasks are"
    return Reason(
        "ahead",
        f"{tasks} before it in the pool {sight.pool}, and {sight.running:,} of its {slots:,} slots "
        "are taken",
        "add workers, or submit what is urgent with a priority",
    )


_NEVER: Final = (
    "paused_cluster",
    "paused_pool",
    "no_worker",
    "unknown_job",
    "newer_format",
)
"""Reasons for which nobody can say when the task will start."""


def _estimate(sight: Sight) -> float | None:
    if not sight.started:
        return None
    return round(sight.ahead * MINUTES * 60 / sight.started, 1)


def document(found: Explanation) -> dict[str, Any]:
    """An explanation as a plain JSON document."""
    return {
        "state": found.state.label,
        "running": found.running,
        "reasons": [
            {"code": reason.code, "message": reason.message, "hint": reason.hint or None}
            for reason in found.reasons
        ],
        "position": found.position,
        "estimate_s": found.estimate_s,
    }
