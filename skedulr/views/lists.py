"""Lists of a pool's tasks, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from skedulr.commands import Read, Steps
from skedulr.errors import Undecodable
from skedulr.keys import PoolKeys
from skedulr.record import decode
from skedulr.reports import unpack_progress
from skedulr.states import State

DONE_KEYS: Final = {
    State.SUCCEEDED: "done_succeeded",
    State.FAILED: "done_failed",
    State.DEAD: "done_dead",
    State.CANCELLED: "done_cancelled",
}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in a list."""

    pool: str
    id: str
    state: State
    job: str
    priority: int
    attempt: int
    key: str
    """The key that dedupes it, empty for none."""
    percent: float | None
    at_ms: int
    """What the list is ordered by: end, claim, due time or submission."""


def tasks(keys: PoolKeys, state: State, most: int, skip: int = 0) -> Steps[list[TaskRow]]:
    """The first ``most`` tasks of a pool in a state, after ``skip`` others: next to run, next due,
    or newest first.
    """
    if state is State.QUEUED:
        ids = yield from _queued(keys, skip, most)
    else:
        ids = yield Read((_order(keys, state, skip, skip + most - 1),), lambda replies: replies[0])
    if not ids:
        return []
    found = {member: float(score) for member, score in pairs(ids)}
    calls = (("HMGET", keys.tasks, *found), ("HMGET", keys.progress, *found))
    records, reports = yield Read(calls, list)
    rows = []
    for (task_id, score), data, report in zip(found.items(), records, reports, strict=True):
        if data is not None:
            rows.append(row(keys.pool, task_id.decode(), state, data, report, score))
    return rows


def _order(keys: PoolKeys, state: State, first: int, last: int) -> tuple[bytes | str | int, ...]:
    if state is State.SCHEDULED:
        return ("ZRANGE", keys.due, first, last, "WITHSCORES")
    if state is State.WAITING:
        return ("ZRANGE", keys.waiting, first, last, "WITHSCORES")
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
        (pair for each in lists for pair in pairs(each)), key=lambda pair: float(pair[1])
    )
    return [value for pair in merged[skip : skip + most] for value in pair]


def row(
    pool_name: str, task_id: str, state: State, data: bytes, report: bytes | None, score: float
) -> TaskRow:
    """A task in a list, of its record, its progress and its place there."""
    progress = unpack_progress(report)
    percent = progress.percent if progress else None
    try:
        record = decode(data)
    except Undecodable:
        # The score of a queued task is its place: its time would stand in the record.
        at_ms = 0 if state is State.QUEUED else int(score)
        return TaskRow(pool_name, task_id, state, "?", 0, 0, "", percent, at_ms)
    at_ms = record.number("enqueued_at") if state is State.QUEUED else int(score)
    return TaskRow(
        pool_name,
        task_id,
        state,
        record.text("job"),
        record.number("priority"),
        record.number("attempt"),
        record.text("key"),
        percent,
        at_ms,
    )


def pairs(flat: list[Any]) -> list[tuple[Any, Any]]:
    """What Redis lists flat, as pairs."""
    return list(zip(flat[::2], flat[1::2], strict=True))
