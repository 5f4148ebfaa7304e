"""Tasks by state, pool, job and text, page by page: no request's work grows with their number.

A page begins where the one before it ended: the cursor holds the place of its last task, not a
count of tasks to skip. So no task is passed over when others come or go meanwhile; one that moves
may show twice.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgpack

from skedulr import names
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument
from skedulr.errors import InvalidName, InvalidOption, Undecodable
from skedulr.keys import pool_keys
from skedulr.record import decode
from skedulr.states import State
from skedulr.views.places import Place, places_in
from skedulr.views.rows import TaskRow, row

MOST_LOOKED_AT: Final = 1000
"""Tasks that one request looks at in search of those of a job, or with a text in their name."""

CHUNK: Final = 250

ORDER: Final = (
    State.RUNNING,
    State.QUEUED,
    State.SCHEDULED,
    State.WAITING,
    State.DEAD,
    State.FAILED,
    State.CANCELLED,
    State.SUCCEEDED,
)
"""In which order a list shows the states: what is under way, then what needs a look."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are looked for."""

    pools: Sequence[str]
    states: Sequence[State] = ORDER
    job: str = ""
    text: str = ""
    """In the id or the job's name, in whatever case."""

    @property
    def is_exact(self) -> bool:
        """Whether every task of the pools and states is meant."""
        return not self.job and not self.text

    def fits(self, found: TaskRow) -> bool:
        """Whether a task is meant."""
        if self.job and found.job != self.job:
            return False
        text = self.text.casefold()
        return text in found.id.casefold() or text in found.job.casefold()


class Page(NamedTuple):
    """Some tasks, and where the next page begins."""

    rows: list[TaskRow]
    next: str | None
    """The cursor of the next page, ``None`` where this is the last one."""


def search(
    namespace: str,
    wanted: Wanted,
    most: int,
    cursor: str | None = None,
    *,
    looks_at: int = MOST_LOOKED_AT,
) -> Steps[Page]:
    """Up to ``most`` tasks, those under way first; in a state the next to run or due, else the
    newest.

    A page may be short, even empty, and still have a next one. A task whose id or full name is the
    text stands first. Raises ``InvalidOption`` for a cursor that is none.
    """
    states = [state for state in ORDER if state in wanted.states]
    at, after = _read_cursor(cursor, states)
    named = (yield from _named(namespace, wanted)) if wanted.text else []
    rows = list(named) if cursor is None else []
    known = {(each.pool, each.id) for each in named}
    looked_at = 0
    while at < len(states) and len(rows) < most and looked_at < looks_at:
        size = most - len(rows) if wanted.is_exact else CHUNK
        places, is_over = yield from places_in(namespace, wanted.pools, states[at], after, size)
        found = yield from _rows(namespace, states[at], places)
        looked_at += max(1, len(places))
        for place in places:
            after = place
            each = found.get(place)
            if each and (each.pool, each.id) not in known and wanted.fits(each):
                rows.append(each)
                if len(rows) == most:
                    break
        else:
            if is_over:
                at, after = at + 1, None
    return Page(rows, _cursor(states[at], after) if at < len(states) else None)


def _cursor(state: State, after: Place | None) -> str:
    packed: bytes = msgpack.packb([int(state), *(after or ())])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_cursor(cursor: str | None, states: Sequence[State]) -> tuple[int, Place | None]:
    if cursor is None:
        return 0, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        match msgpack.unpackb(base64.b64decode(padded, altchars=b"-_", validate=True)):
            case [int(state)]:
                return states.index(State(state)), None
            case [int(state), float(score), str(pool), bytes(task_id)] if math.isfinite(score):
                return states.index(State(state)), Place(score, names.pool(pool), task_id)
    except (ValueError, binascii.Error, InvalidName, msgpack.UnpackException):
        pass
    raise InvalidOption(
        "cursor", cursor, "give the `next` of a page of the same search, or leave it out"
    )


def _named(namespace: str, wanted: Wanted) -> Steps[list[TaskRow]]:
    """The tasks whose id or full name is the text."""
    pool, slash, task_id = wanted.text.rpartition("/")
    pools = [each for each in wanted.pools if not slash or each == pool]
    if not pools or not _can_be_an_id(task_id):
        return []
    calls: list[tuple[Argument, ...]] = []
    for keys in (pool_keys(namespace, each) for each in pools):
        calls.append(("HGET", keys.tasks, task_id))
        calls.append(("HGET", keys.progress, task_id))
        calls.append(("ZSCORE", keys.due, task_id))
    replies = yield Read(tuple(calls), list)
    rows = []
    for each, data, report, due in zip(
        pools, replies[::3], replies[1::3], replies[2::3], strict=True
    ):
        if data is None:
            continue
        try:
            record = decode(data)
        except Undecodable:
            continue
        score = float(due or record.number("finished_at") or record.number("started_at"))
        found = row(each, task_id, record.state, data, report, score)
        if found.state in wanted.states and wanted.job in ("", found.job):
            rows.append(found)
    return rows


def _can_be_an_id(text: str) -> bool:
    """Whether Redis can be asked for it: half a character, as JSON can write it, has no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rows(namespace: str, state: State, places: Sequence[Place]) -> Steps[dict[Place, TaskRow]]:
    """What the lists say of the tasks in those places; those that have gone are left out."""
    by_pool: dict[str, list[Place]] = {}
    for place in places:
        by_pool.setdefault(place.pool, []).append(place)
    calls: list[tuple[Argument, ...]] = []
    for pool, members in by_pool.items():
        keys, ids = pool_keys(namespace, pool), [place.id for place in members]
        calls += [("HMGET", keys.tasks, *ids), ("HMGET", keys.progress, *ids)]
    if not calls:
        return {}
    replies = yield Read(tuple(calls), list)
    found = {}
    for members, records, reports in zip(
        by_pool.values(), replies[::2], replies[1::2], strict=True
    ):
        for place, data, report in zip(members, records, reports, strict=True):
            if data is not None:
                task_id = place.id.decode("utf-8", "surrogateescape")
                found[place] = row(place.pool, task_id, state, data, report, place.score)
    return found
