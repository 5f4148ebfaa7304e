"""A task as a line of a list, and where Redis lists a pool's tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from skedulr.errors import Undecodable
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
