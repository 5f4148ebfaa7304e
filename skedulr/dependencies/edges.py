"""What hangs on what, as Redis holds it: the children and the parents of a task, and how a node of
a workflow stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgpack

from skedulr.commands import Parent, Read, Stands, Steps
from skedulr.commands.base import pairs, text
from skedulr.errors import Undecodable
from skedulr.keys import PoolKeys
from skedulr.record import FORMAT, Record, decode
from skedulr.states import State

CHILDREN_AT_ONCE: Final = 500

NEWEST: Final = 2**53 - 1
"""An epoch that is newer than any."""

UPSTREAM: Final = "upstream"
"""The reason of a task that was cancelled because what it waited for did not come about."""


class Child(NamedTuple):
    """Who hangs on a task."""

    name: str
    token: bytes
    takes: bool


def record_in(data: bytes | None) -> Record | None:
    """The record, where there is one that this code can read."""
    try:
        return decode(data) if data is not None else None
    except Undecodable:
        return None


def is_newer(data: bytes | None) -> bool:
    """Whether these bytes begin like a record of a newer format than this code reads."""
    try:
        unpacker = msgpack.Unpacker()
        unpacker.feed(data or b"")
        return unpacker.read_array_header() > 0 and int(unpacker.unpack()) > FORMAT
    except (ValueError, TypeError, msgpack.UnpackException):
        return False


def children_of(page: Sequence[bytes]) -> list[Child]:
    """The children in a page of ``children:<id>``."""
    found = []
    for name, value in pairs(page):
        if not name.startswith(b"@"):
            token, _, takes = msgpack.unpackb(value, raw=True)
            found.append(Child(text(name), token, takes == 1))
    return found


def all_children(keys: PoolKeys, task_id: str) -> Steps[list[Child]]:
    """All children of a task, read page by page."""
    found: dict[str, Child] = {}
    cursor = b"0"
    while True:
        call = ("HSCAN", keys.of("children", task_id), cursor, "COUNT", CHILDREN_AT_ONCE)
        cursor, page = yield Read((call,), first)
        found.update((child.name, child) for child in children_of(page))
        if int(cursor) == 0:
            return list(found.values())


def pending(flat: Sequence[bytes]) -> list[Parent]:
    """The parents in ``parents:<id>`` that are still waited for."""
    found = []
    for name, value in pairs(flat):
        if not name.startswith(b"@"):
            on, standing, _, takes = msgpack.unpackb(value)
            if standing == Stands.OPEN:
                found.append(Parent(text(name), on, takes))
    return found


def token_of(record: Record) -> bytes:
    """The submit token of a task."""
    return record.text("token").encode("utf-8", "surrogateescape")


def stands(record: Record) -> int:
    """How a node with this record stands in its workflow."""
    if not record.state.terminal:
        return Stands.OPEN
    if record.state is State.CANCELLED and record.text("reason") == UPSTREAM:
        return Stands.SKIPPED
    return record.state


def first(replies: list[Any]) -> Any:
    """The reply of a trip with one command."""
    return replies[0]
