"""Read-only views of tasks, pools and workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import msgpack

from skedulr import names, operations, values, wire
from skedulr.commands import Read, Steps
from skedulr.errors import Undecodable, UnknownTask
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.record import Record, decode
from skedulr.states import State

DONE_KEYS: Final = {
    State.SUCCEEDED: "done_succeeded",
    State.FAILED: "done_failed",
    State.DEAD: "done_dead",
    State.CANCELLED: "done_cancelled",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ended attempt that did not succeed."""

    number: int
    kind: str
    """``exception``, ``timeout``, ``fail``, ``retry``, ``crash``, …"""
    started_ms: int
    ended_ms: int
    instance: str
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest progress that a task has reported."""

    percent: float
    message: str
    at_ms: int


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
    timeout: float | None
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


class LogLine(NamedTuple):
    """A line of a task's own log."""

    at_ms: int
    attempt: int
    message: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in a list."""

    pool: str
    id: str
    state: State
    job: str
    priority: int
    attempt: int
    percent: float | None
    at_ms: int
    """What the list is ordered by: end, claim, due time or submission."""


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
    return _task_info(keys.pool, task_id, loads, decode(replies[0]), *replies[1:])


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


def _readable(read: Any, data: bytes | None) -> tuple[Any, str]:
    if not data:
        return None, ""
    try:
        return read(data), ""
    except Undecodable as error:
        return None, str(error)


def unpack_attempts(data: bytes) -> list[Attempt]:
    """The attempts that a record keeps, oldest first."""
    unpacker = msgpack.Unpacker(raw=True, strict_map_key=False)
    unpacker.feed(data)
    return [_attempt(*entry) for entry in unpacker]


def _attempt(
    number: int, kind: bytes, started: int, ended: int, instance: bytes, problem: bytes
) -> Attempt:
    error, traceback = unpack_problem(problem)
    return Attempt(number, kind.decode(), started, ended, instance.decode(), error, traceback)


def pack_problem(error: str, traceback: str) -> bytes:
    """An attempt's error as its record keeps it."""
    return msgpack.packb([error, traceback], unicode_errors="replace")


def unpack_problem(data: bytes) -> tuple[str, str]:
    """Error and traceback of an attempt."""
    try:
        error, traceback = msgpack.unpackb(data)
    except ValueError:
        return "", ""
    return error, traceback


def pack_progress(percent: float, message: str, at_ms: int) -> bytes:
    """A progress report as Redis keeps it."""
    return msgpack.packb([percent, message, at_ms], unicode_errors="replace")


def unpack_progress(data: bytes | None) -> Progress | None:
    """The progress that was packed, if any."""
    return Progress(*msgpack.unpackb(data)) if data else None


def pack_log_line(line: LogLine) -> bytes:
    """A log line as Redis keeps it; what cannot be packed of its facts is kept as its repr."""
    return msgpack.packb(list(line), default=repr, unicode_errors="replace")


def unpack_log_line(data: bytes) -> LogLine:
    """The log line that was packed."""
    return LogLine(*msgpack.unpackb(data, strict_map_key=False))


def pool(keys: PoolKeys) -> Steps[PoolInfo]:
    """Counts and settings of one pool."""
    calls: list[tuple[bytes | str | int, ...]] = [
        ("HLEN", keys.tasks),
        ("ZCARD", keys.due),
        ("ZCARD", keys.running),
        *(("ZCARD", getattr(keys, name)) for name in DONE_KEYS.values()),
        ("HMGET", keys.meta, "paused", "pool_paused", "limit", "capacity"),
        ("HVALS", keys.inst),
        ("HGETALL", keys.stats),
    ]
    replies = yield Read(tuple(calls), list)
    stored, due, running, *ended = replies[:7]
    counts = {
        State.SCHEDULED: due,
        State.RUNNING: running,
        **dict(zip(DONE_KEYS, ended, strict=True)),
    }
    counts[State.QUEUED] = stored - sum(counts.values())
    paused, pool_paused, limit, capacity = replies[7]
    slots = [msgpack.unpackb(packed, raw=True)[3] for packed in replies[8]]
    totals = {name.decode(): int(value) for name, value in _pairs(replies[9])}
    return PoolInfo(
        keys.pool,
        {state: counts.get(state, 0) for state in State},
        b"1" in (paused, pool_paused),
        int(limit) if limit is not None else -1,
        int(capacity) if capacity is not None else -1,
        len(slots),
        sum(slots),
        totals,
    )


def _pairs(flat: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def tasks(keys: PoolKeys, state: State, most: int, skip: int = 0) -> Steps[list[TaskRow]]:
    """The first ``most`` tasks of a pool in a state, after ``skip`` others: next to run, next due,
    or newest first.
    """
    if state is State.WAITING:  # nothing submits tasks that wait for others yet
        return []
    if state is State.QUEUED:
        ids = yield from _queued(keys, skip, most)
    else:
        ids = yield Read((_order(keys, state, skip, skip + most - 1),), lambda replies: replies[0])
    if not ids:
        return []
    found = {member: float(score) for member, score in _pairs(ids)}
    calls = (("HMGET", keys.tasks, *found), ("HMGET", keys.progress, *found))
    records, reports = yield Read(calls, list)
    rows = []
    for (task_id, score), data, report in zip(found.items(), records, reports, strict=True):
        if data is not None:
            rows.append(_row(keys.pool, task_id.decode(), state, data, report, score))
    return rows


def _order(keys: PoolKeys, state: State, first: int, last: int) -> tuple[bytes | str | int, ...]:
    if state is State.SCHEDULED:
        return ("ZRANGE", keys.due, first, last, "WITHSCORES")
    place = keys.running if state is State.RUNNING else getattr(keys, DONE_KEYS[state])
    return ("ZRANGE", place, first, last, "REV", "WITHSCORES")


def _queued(keys: PoolKeys, skip: int, most: int) -> Steps[list[Any]]:
    """Queued tasks stand in the queue and at its gates; the scores tell their common order."""
    gates = yield Read(
        (("ZRANGE", keys.gates, 0, -1),), lambda replies: [gate.decode() for gate in replies[0]]
    )
    places = [keys.ready, *(keys.of("held", gate) for gate in gates)]
    lists = yield Read(
        tuple(("ZRANGE", place, 0, skip + most - 1, "WITHSCORES") for place in places), list
    )
    merged = sorted(
        (pair for each in lists for pair in _pairs(each)), key=lambda pair: float(pair[1])
    )
    return [value for pair in merged[skip : skip + most] for value in pair]


def _row(
    pool_name: str, task_id: str, state: State, data: bytes, report: bytes | None, score: float
) -> TaskRow:
    progress = unpack_progress(report)
    percent = progress.percent if progress else None
    try:
        record = decode(data)
    except Undecodable:
        return TaskRow(pool_name, task_id, state, "?", 0, 0, percent, int(score))
    at_ms = record.number("enqueued_at") if state is State.QUEUED else int(score)
    return TaskRow(
        pool_name,
        task_id,
        state,
        record.text("job"),
        record.number("priority"),
        record.number("attempt"),
        percent,
        at_ms,
    )


def pools(namespace: str) -> Steps[list[PoolInfo]]:
    """Counts and settings of all pools, by name."""
    found = yield from operations.list_pools(RegistryKeys(namespace))
    infos: list[PoolInfo] = []
    for name in found:
        infos += [(yield from pool(pool_keys(namespace, name)))]
    return infos


def is_paused(registry: RegistryKeys) -> Steps[bool]:
    """Whether the whole cluster is paused."""

    def parse(replies: list[Any]) -> bool:
        return bool(int(replies[0] or 0))

    return (yield Read((("HGET", registry.control, "paused"),), parse))  # type: ignore[no-any-return]  # steps are untyped


def workers(registry: RegistryKeys) -> Steps[list[dict[str, Any]]]:
    """The reports of all worker processes that live, by name."""

    def parse(replies: list[Any]) -> list[dict[str, Any]]:
        seconds, micros = replies[2]
        now = int(seconds) * 1000 + int(micros) // 1000
        alive = {name for name, until in _pairs(replies[1]) if float(until) > now}
        reports = {name: packed for name, packed in _pairs(replies[0]) if name in alive}
        return [msgpack.unpackb(reports[name], strict_map_key=False) for name in sorted(reports)]

    calls = (
        ("HGETALL", registry.workers),
        ("ZRANGE", registry.alive, 0, -1, "WITHSCORES"),
        ("TIME",),
    )
    return (yield Read(calls, parse))  # type: ignore[no-any-return]  # steps are untyped
