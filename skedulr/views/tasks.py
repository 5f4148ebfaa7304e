"""A task as Redis holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from skedulr import job_facts, names, operations, values, wire
from skedulr.commands import Read, Steps
from skedulr.errors import Undecodable, UnknownTask
from skedulr.keys import PoolKeys, RegistryKeys
from skedulr.record import Record, decode
from skedulr.reports import (
    Attempt,
    LogLine,
    Progress,
    unpack_attempts,
    unpack_log_line,
    unpack_progress,
)
from skedulr.states import State


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task as Redis holds it; times are ms since 1970 by Redis' clock, 0 for never."""

    pool: str
    id: str
    state: State
    job: str
    priority: int
    key: str
    group: str
    attempt: int
    """Ended attempts of this generation."""
    crashes: int
    losses: int
    gate: str
    """What holds it while queued, empty for nothing."""
    reason: str
    instance: str
    """Who claimed it last."""
    cancel_requested: bool
    enqueued_ms: int
    due_ms: int
    started_ms: int
    finished_ms: int
    expires_ms: int
    args: list[Any] | None
    """``None`` where this process cannot read the call."""
    kwargs: dict[str, Any] | None
    meta: dict[str, Any] | None
    """The user's own, of the task or else of its job; ``None`` where neither has any."""
    timeout: float | None
    """Seconds, of the task or else of its job; ``None`` where neither says any. What a job's code
    says is known from workers.
    """
    result: Any
    unreadable: str
    """Why the call or the result could not be read, empty where both could."""
    attempts: list[Attempt]
    progress: Progress | None
    log: list[LogLine]

    @property
    def name(self) -> str:
        """``pool/id``."""
        return names.full_name(self.pool, self.id)


def read_state(keys: PoolKeys, task_id: str) -> Steps[State]:
    """The state of a task; raises as ``read_task``."""
    record: Record = yield operations.record_of(keys, task_id)
    return record.state


def read_task(
    keys: PoolKeys, task_id: str, loads: Callable[[bytes], Any] = values.loads
) -> Steps[TaskInfo]:
    """All about one task, its values read by ``loads`` (``values.peek`` where the program's classes
    are not at hand).

    Raises ``UnknownTask``, and ``Undecodable`` for a record of a newer format.
    """
    calls: tuple[tuple[bytes | str | int, ...], ...] = (
        ("HGET", keys.tasks, task_id),
        ("HGET", keys.payloads, task_id),
        ("HGET", keys.results, task_id),
        ("HGET", keys.attempts, task_id),
        ("HGET", keys.progress, task_id),
        ("ZSCORE", keys.due, task_id),
        ("LRANGE", keys.of("log", task_id), 0, -1),
    )
    replies = yield Read(calls, list)
    if replies[0] is None:
        raise UnknownTask(names.full_name(keys.pool, task_id))
    info = _task_info(keys.pool, task_id, loads, decode(replies[0]), *replies[1:])
    if info.args is None or (info.timeout is not None and info.meta is not None):
        return info  # nobody knows what an unreadable task says, and else it says all itself
    told = yield from job_facts.of_job(RegistryKeys(keys.namespace), info.job, loads)
    return replace(
        info,
        timeout=told.timeout if info.timeout is None else info.timeout,
        meta=told.meta if info.meta is None else info.meta,
    )


def _task_info(
    pool: str,
    task_id: str,
    loads: Callable[[bytes], Any],
    record: Record,
    payload: bytes | None,
    result: bytes | None,
    attempts: bytes | None,
    progress: bytes | None,
    due: bytes | None,
    log: list[bytes],
) -> TaskInfo:
    call, call_problem = _readable(
        partial(wire.unpack_call, loads=loads), payload if record.number("spilled") else record.body
    )
    value, result_problem = _readable(loads, result)
    return TaskInfo(
        pool=pool,
        id=task_id,
        state=record.state,
        job=record.text("job"),
        priority=record.number("priority"),
        key=record.text("key"),
        group=record.text("group"),
        attempt=record.number("attempt"),
        crashes=record.number("crashes"),
        losses=record.number("losses"),
        gate=record.text("gate"),
        reason=record.text("reason"),
        instance=record.text("owner"),
        cancel_requested=bool(record.number("cancel")),
        enqueued_ms=record.number("enqueued_at"),
        due_ms=int(float(due or 0)),
        started_ms=record.number("started_at"),
        finished_ms=record.number("finished_at"),
        expires_ms=record.number("expires_at"),
        args=call and call.args,
        kwargs=call and call.kwargs,
        meta=call and call.meta,
        timeout=call and call.timeout,
        result=value,
        unreadable=call_problem or result_problem,
        attempts=unpack_attempts(attempts or b"", record.number("crashes")),
        progress=unpack_progress(progress),
        log=[unpack_log_line(line) for line in log],
    )


def read_log(keys: PoolKeys, task_id: str, after: int, most: int) -> Steps[list[LogLine]]:
    """Lines of a task's log behind the first ones."""
    call = ("LRANGE", keys.of("log", task_id), after, after + most - 1)
    return (yield Read((call,), lambda replies: [unpack_log_line(line) for line in replies[0]]))  # type: ignore[no-any-return]  # steps are untyped


def _readable(read: Any, data: bytes | None) -> tuple[Any, str]:
    if not data:
        return None, ""
    try:
        return read(data), ""
    except Undecodable as error:
        return None, str(error)
