"""Where a task comes from and what hangs on it: parents, children, workflow, schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgpack

from skedulr.commands import On, Read, Stands, Steps
from skedulr.commands.base import Argument, text
from skedulr.dependencies.edges import record_in
from skedulr.keys import PoolKeys, located
from skedulr.states import State

MOST_SHOWN: Final = 200
"""Parents, and children, that are told of; more are counted."""


UNMET: Final = 2
"""How an edge stands that cannot be met any more, as in ``edges.lua``."""


class Relative(NamedTuple):
    """A task on which another hangs, or the other way round."""

    name: str
    on: str
    """``success``, ``failure`` or ``end``: which end is waited for."""
    state: State | None
    """``None`` where there is no such task: not yet, or no more."""
    is_open: bool = False
    """Whether it is still waited for."""
    is_unmet: bool = False
    """Whether it has ended otherwise, or never came."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a task comes from and what hangs on it."""

    parents: Sequence[Relative]
    children: Sequence[Relative]
    children_count: int
    workflow: str
    """``pool/id``, empty where it belongs to none."""
    schedule: str
    """The schedule that submitted it, empty for none."""


def lineage(keys: PoolKeys, task_id: str) -> Steps[Lineage]:
    """Parents, children, workflow and schedule of a task; the work is bounded however many."""
    children_key, parents_key = keys.of("children", task_id), keys.of("parents", task_id)
    replies = yield Read(
        (
            ("HGET", children_key, "@flow"),
            ("HLEN", children_key),
            ("HSCAN", children_key, 0, "COUNT", MOST_SHOWN),
            ("HSCAN", parents_key, 0, "COUNT", MOST_SHOWN),
        ),
        list,
    )
    flow, children_count, (_, children), (_, parents) = replies
    noted = sum(name.startswith(b"@") for name in children[::2])
    up = {name: (value[0], value[1]) for name, value in _entries(parents)}
    down = {name: (value[1], 0) for name, value in _entries(children)}
    states = yield from _states(keys.namespace, [*up, *down])
    return Lineage(
        [
            Relative(name, On(on).label, states[name], standing == Stands.OPEN, standing == UNMET)
            for name, (on, standing) in sorted(up.items())
        ],
        [Relative(name, On(on).label, states[name]) for name, (on, _) in sorted(down.items())],
        children_count - max(noted, flow is not None),
        text(flow or b""),
        task_id.rpartition("@")[0],
    )


def _entries(page: Sequence[bytes]) -> list[tuple[str, Any]]:
    """Relatives and what is packed of them; what begins with ``@`` is none."""
    found = [
        (text(name), msgpack.unpackb(value, raw=True))
        for name, value in zip(page[::2], page[1::2], strict=True)
        if not name.startswith(b"@")
    ]
    return found[:MOST_SHOWN]


def _states(namespace: str, wanted: Sequence[str]) -> Steps[dict[str, State | None]]:
    """How tasks in any pools stand."""
    calls: list[tuple[Argument, ...]] = []
    for name in wanted:
        keys, task_id = located(namespace, name)
        calls.append(("HGET", keys.tasks, task_id))
    replies = (yield Read(tuple(calls), list)) if calls else []
    records = (record_in(data) for data in replies)
    return {
        name: record.state if record else None for name, record in zip(wanted, records, strict=True)
    }
