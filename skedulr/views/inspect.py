"""Read-only views of tasks, pools and workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import msgpack

from skedulr import job_facts, names, operations, values, wire
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, text
from skedulr.errors import Undecodable, UnknownTask
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.record import Record, decode
from skedulr.reports import (
    Attempt,
    LogLine,
    Progress,
    pack_log_line,
    pack_problem,
    pack_progress,
    unpack_attempts,
    unpack_log_line,
    unpack_problem,
    unpack_progress,
)
from skedulr.states import State
from skedulr.views.lists import DONE_KEYS, TaskRow, pairs, tasks

__all__ = [
    "Attempt",
    "LogLine",
    "PoolInfo",
    "Progress",
    "TaskInfo",
    "TaskRow",
    "coordinators",
    "is_paused",
    "log",
    "pack_log_line",
    "pack_problem",
    "pack_progress",
    "pool",
    "pools",
    "state",
    "task",
    "tasks",
    "unpack_attempts",
    "unpack_log_line",
    "unpack_problem",
    "unpack_progress",
    "workers",
]


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


@dataclass(frozen=True, slots=True)
class PoolInfo:
    """A pool's counts and settings; -1 is no limit."""

    name: str
    counts: dict[State, int]
    paused: bool
    limit: int
    capacity: int
    instances: int
    slots: int
    """How many tasks its live instances can run at once."""
    totals: Mapping[str, int]
    """Counters since the pool exists: enqueued, started, succeeded, failed, dead, cancelled,
    retried, …
    """
    job_limits: Mapping[str, int]
    """How many tasks of a job run at once in the pool, by job, as somebody has set it or else as
    code says; a job that is not named has no limit.
    """


def state(keys: PoolKeys, task_id: str) -> Steps[State]:
    """The state of a task; raises as ``task``."""
    record: Record = yield operations.record_of(keys, task_id)
    return record.state


def task(
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
        attempts=unpack_attempts(attempts or b""),
        progress=unpack_progress(progress),
        log=[unpack_log_line(line) for line in log],
    )


def log(keys: PoolKeys, task_id: str, after: int, most: int) -> Steps[list[LogLine]]:
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


def pool(keys: PoolKeys) -> Steps[PoolInfo]:
    """Counts and settings of one pool."""
    return (yield Read(_pool_calls(keys), lambda replies: _pool_info(keys.pool, replies)))  # type: ignore[no-any-return]  # steps are untyped


def pools(namespace: str) -> Steps[list[PoolInfo]]:
    """Counts and settings of all pools, by name."""
    found = yield from operations.list_pools(RegistryKeys(namespace))
    calls = [_pool_calls(pool_keys(namespace, name)) for name in found]

    def parse(replies: list[Any]) -> list[PoolInfo]:
        size = len(replies) // len(found)
        return [
            _pool_info(name, replies[place * size : (place + 1) * size])
            for place, name in enumerate(found)
        ]

    if not found:
        return []
    return (yield Read(tuple(chain.from_iterable(calls)), parse))  # type: ignore[no-any-return]  # steps are untyped


def _pool_calls(keys: PoolKeys) -> tuple[tuple[Argument, ...], ...]:
    return (
        ("HLEN", keys.tasks),
        ("ZCARD", keys.due),
        ("ZCARD", keys.waiting),
        ("ZCARD", keys.running),
        *(("ZCARD", getattr(keys, name)) for name in DONE_KEYS.values()),
        ("HMGET", keys.meta, "paused", "pool_paused", "limit", "capacity"),
        ("HVALS", keys.inst),
        ("HGETALL", keys.stats),
        ("HGETALL", keys.limits),
    )


def _pool_info(name: str, replies: list[Any]) -> PoolInfo:
    stored, due, waiting, running, *ended = replies[:8]
    counts = {
        State.SCHEDULED: due,
        State.WAITING: waiting,
        State.RUNNING: running,
        **dict(zip(DONE_KEYS, ended, strict=True)),
    }
    counts[State.QUEUED] = max(0, stored - sum(counts.values()))
    paused, pool_paused, limit, capacity = replies[8]
    slots = [msgpack.unpackb(packed, raw=True)[3] for packed in replies[9]]
    totals = {counter.decode(): int(value) for counter, value in pairs(replies[10])}
    limits = {text(job): int(most) for job, most in sorted(pairs(replies[11]))}
    return PoolInfo(
        name,
        {state: counts.get(state, 0) for state in State},
        b"1" in (paused, pool_paused),
        int(limit) if limit is not None else -1,
        int(capacity) if capacity is not None else -1,
        len(slots),
        sum(slots),
        totals,
        limits,
    )


def is_paused(registry: RegistryKeys) -> Steps[bool]:
    """Whether the whole cluster is paused."""

    def parse(replies: list[Any]) -> bool:
        return bool(int(replies[0] or 0))

    return (yield Read((("HGET", registry.control, "paused"),), parse))  # type: ignore[no-any-return]  # steps are untyped


def workers(registry: RegistryKeys) -> Steps[list[dict[str, Any]]]:
    """The reports of all worker processes that live, by name."""
    return (yield _reports(registry.workers, registry.alive))  # type: ignore[no-any-return]  # steps are untyped


def coordinators(registry: RegistryKeys) -> Steps[list[dict[str, Any]]]:
    """The reports of all coordinators that live, by name."""
    return (yield _reports(registry.coordinators, registry.coordinating))  # type: ignore[no-any-return]  # steps are untyped


def _reports(told: bytes, counted: bytes) -> Read[list[dict[str, Any]]]:
    """The reports that still count, by name."""

    def parse(replies: list[Any]) -> list[dict[str, Any]]:
        seconds, micros = replies[2]
        now = int(seconds) * 1000 + int(micros) // 1000
        alive = {name for name, until in pairs(replies[1]) if float(until) > now}
        reports = {name: packed for name, packed in pairs(replies[0]) if name in alive}
        return [msgpack.unpackb(reports[name], strict_map_key=False) for name in sorted(reports)]

    calls = (("HGETALL", told), ("ZRANGE", counted, 0, -1, "WITHSCORES"), ("TIME",))
    return Read(calls, parse)
