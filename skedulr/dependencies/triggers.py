"""What the outbox of a pool asks for, carried out: children are told how their parents ended,
workflows how their nodes stand.

Any of it may be repeated, interrupted or done by several at once: an edge and a node change only
with news (``trigger``, ``mark``), and an event stays until all of it is done (``settle``). Why an
event says no more than whose it is: what counts is how the task stands when it is carried out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgpack

from skedulr import commands, names
from skedulr.commands import Bond, Ended, Mark, Parent, Read, Stands, Steps, Told
from skedulr.commands.base import Argument, chunks, text
from skedulr.dependencies.edges import (
    CHILDREN_AT_ONCE,
    Child,
    all_children,
    children_of,
    first,
    is_newer,
    pending,
    record_in,
    stands,
    token_of,
)
from skedulr.dependencies.telling import RESULTS_AT_ONCE, parts, tell
from skedulr.keys import PoolKeys, pool_keys
from skedulr.record import Record
from skedulr.states import State

EVENTS_AT_ONCE: Final = 100


class Event(NamedTuple):
    """An entry of a pool's outbox."""

    entry: bytes
    """Its id in the stream."""
    kind: str
    """``waiting``, ``ended`` or ``revived``."""
    id: str
    epoch: int


def events_of(entries: Iterable[tuple[bytes, Sequence[bytes]]]) -> list[Event]:
    """The events that the entries of a stream hold."""
    return [Event(entry, text(said[1]), text(said[3]), int(said[5])) for entry, said in entries]


@dataclass
class _Seen:
    """What stands in Redis of the task of an event."""

    record: Record | None
    flow: str
    children: list[Child] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    kept: bytes = b""
    """How a node of a workflow ended, where its id is used again since."""
    is_newer: bool = False
    """Whether the record is there, and for newer code alone."""

    def stands_at(self, epoch: int) -> bool:
        """Whether the task is still in the generation and claim of that epoch."""
        return self.record is not None and self.record.number("epoch") == epoch


def carry_out(keys: PoolKeys, events: Sequence[Event]) -> Steps[int]:
    """Do all that some events of a pool ask for, then remove them; answers how many edges had
    news. Events of tasks whose records are of a newer format stay for those who can read them.
    """
    seen = yield from _look(keys, events)
    news = yield from tell(keys.namespace, (yield from _endings(keys, events, seen)))
    linked = yield from _link(keys, events, seen)
    news += yield from tell(keys.namespace, linked)
    yield from _mark(keys, events, seen)
    done = [event for event in events if not seen[event].is_newer]
    ended = [(event.id, event.epoch) for event in done if event.kind == "ended"]
    yield commands.settle(keys, [event.entry for event in done], ended)
    return news


def _look(keys: PoolKeys, events: Sequence[Event]) -> Steps[dict[Event, _Seen]]:
    """What hangs on the tasks, and then the tasks: in this order, since a task that still stands
    at the epoch of its event was its children's parent a moment before as well.
    """
    calls: list[tuple[Argument, ...]] = []
    for event in events:
        own = ("@flow", f"@was:{event.epoch}")
        calls.append(("HMGET", keys.of("children", event.id), *own))
        if event.kind == "waiting":
            calls.append(("HGETALL", keys.of("parents", event.id)))
        elif event.kind == "ended":
            calls.append(("HSCAN", keys.of("children", event.id), 0, "COUNT", CHILDREN_AT_ONCE))
        else:
            calls.append(("EXISTS", keys.events))
    replies = yield Read((*calls, *(("HGET", keys.tasks, event.id) for event in events)), list)
    records = replies[len(calls) :]
    seen: dict[Event, _Seen] = {}
    for place, event in enumerate(events):
        (flow, kept), hanging = replies[2 * place], replies[2 * place + 1]
        seen[event] = found = _Seen(record_in(records[place]), text(flow or b""), kept=kept or b"")
        found.is_newer = found.record is None and is_newer(records[place])
        if event.kind == "waiting":
            found.parents = pending(hanging)
        elif event.kind == "ended":
            cursor, page = hanging
            found.children = children_of(page)
            if int(cursor):
                found.children = yield from all_children(keys, event.id)
                again: bytes | None = yield Read((("HGET", keys.tasks, event.id),), first)
                found.record = record_in(again)
    return seen


def _endings(
    keys: PoolKeys, events: Sequence[Event], seen: dict[Event, _Seen]
) -> Steps[list[tuple[str, Told]]]:
    """What to tell the children of tasks that have ended, with their pools."""
    ends: list[tuple[Event, State]] = []
    for event in events:
        record = seen[event].record
        if event.kind == "ended" and record is not None and seen[event].stands_at(event.epoch):
            ends.append((event, record.state))  # else it lives again, and its next end will be told
    taken = [
        event.id
        for event, state in ends
        if state is State.SUCCEEDED and any(child.takes for child in seen[event].children)
    ]
    results = yield from _results(keys, taken)
    told: list[tuple[str, Told]] = []
    for event, state in ends:
        parent = names.full_name(keys.pool, event.id)
        for child in seen[event].children:
            pool, child_id = names.parts(child.name)
            given = _input(child.takes, state, results.get(event.id, b""))
            said = Told(child_id, child.token, parent, event.epoch, state, given)
            told.append((pool, said))
    return told


def _results(keys: PoolKeys, ids: Sequence[str]) -> Steps[dict[str, bytes]]:
    """The results of some tasks, a few trips for all: a large fan-in would wait for one each."""
    found: dict[str, bytes] = {}
    for some in chunks(ids, RESULTS_AT_ONCE):
        replies = yield Read((("HMGET", keys.results, *some),), first)
        found.update((each, data) for each, data in zip(some, replies, strict=True) if data)
    return found


NONE: Final = msgpack.packb(None)
"""What a job that returned nothing gives to its children."""


def _input(takes: bool, state: State, result: bytes) -> bytes:
    """What a child gets of a parent: its result; nothing of one that did not succeed."""
    return (result or NONE) if takes and state is State.SUCCEEDED else b""


def _link(
    keys: PoolKeys, events: Sequence[Event], seen: dict[Event, _Seen]
) -> Steps[list[tuple[str, Told]]]:
    """Enter waiting tasks with their parents; answers what those say that have ended."""
    wanted: dict[str, list[tuple[Bond, Parent, str]]] = defaultdict(list)
    for event in events:
        task = seen[event]
        if event.kind != "waiting" or task.record is None:
            continue
        child, token = names.full_name(keys.pool, event.id), token_of(task.record)
        for parent in task.parents:
            pool, parent_id = names.parts(parent.name)
            bond = Bond(parent_id, child, token, parent.on, parent.takes)
            wanted[pool].append((bond, parent, event.id))
    told: list[tuple[str, Told]] = []
    for pool, bonds in wanted.items():
        parents = pool_keys(keys.namespace, pool)
        for chunk in parts(bonds, lambda each: bool(each[0].takes)):
            ended: list[Ended] = yield commands.link(parents, [bond for bond, _, _ in chunk])
            for end in ended:
                bond, parent, child_id = chunk[end.place]
                result = _input(bool(parent.takes), end.state, end.result)
                said = Told(child_id, bond.token, parent.name, end.epoch, end.state, result)
                told.append((keys.pool, said))
    return told


def _mark(keys: PoolKeys, events: Sequence[Event], seen: dict[Event, _Seen]) -> Steps[None]:
    """Tell workflows how their nodes stand."""
    marks: dict[str, list[Mark]] = defaultdict(list)
    for event in events:
        node = names.full_name(keys.pool, event.id)
        for flow, epoch, standing, token in _standings(seen[event], event):
            pool, flow_id = names.parts(flow)
            marks[pool].append(Mark(flow_id, node, epoch, standing, token))
    for pool, all_marks in marks.items():
        yield commands.mark(pool_keys(keys.namespace, pool), all_marks)


def _standings(task: _Seen, event: Event) -> Iterator[tuple[str, int, int, bytes]]:
    """What an event tells workflows: which, the epoch, how the node stands, its token."""
    if task.kept and event.kind == "ended":
        flow, epoch, standing, token = task.kept.split(b" ", 3)
        yield text(flow), int(epoch), int(standing), token
    record = task.record
    if not task.flow or record is None:
        return
    if event.kind != "ended":
        yield task.flow, event.epoch, Stands.OPEN, token_of(record)
    elif task.stands_at(event.epoch):  # else it lives again, and another event says so
        yield task.flow, event.epoch, stands(record), token_of(record)
