"""What a suspect waits for: a process to run alone in, or those that run alone before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from skedulr import values
from skedulr.commands import Read, Steps
from skedulr.commands.base import Argument, texts
from skedulr.errors import Undecodable, UnknownTask
from skedulr.keys import PoolKeys
from skedulr.record import decode
from skedulr.states import State
from skedulr.values.plain import iso
from skedulr.views.reason import Reason
from skedulr.views.sight import Sight
from skedulr.views.tasks import TaskInfo, read_task

_WHY: Final = "it was lost with its process twice in a row, or ended it, so it"


class Queue(NamedTuple):
    """The suspects of a pool, as one of them that is queued finds them."""

    ahead: int
    """How many that are queued may run before it."""
    places: int
    """How many may run beside each other: as many as the pool has ordinary processes."""
    running: int
    first: TaskInfo | None
    """The one that has run the longest, ``None`` where none runs."""

    def reasons(self) -> list[Reason]:
        """Why that one does not run."""
        if self.first is None or self.running < self.places:
            hint = "a worker starts a process for it by itself"
            return [Reason("suspect", f"{_WHY} waits to run alone", hint)]
        return [
            Reason("suspect", f"{_WHY} has to run alone"),
            _behind(self.first, self.running - 1),
        ]


def queue_of(keys: PoolKeys, sight: Sight) -> Steps[Queue]:
    """The suspects of a pool, for one that is queued there."""
    alone = sorted(sight.instances.alone)
    gates, *owned = yield Read(
        (("ZRANGE", keys.gates, 0, -1), *(("HKEYS", keys.of("own", each)) for each in alone)),
        list,
    )
    ahead = yield from _ahead(keys, sight, [gate for gate in texts(gates) if _is_solo(gate)])
    running = yield from _running(keys, [task_id for ids in owned for task_id in texts(ids)])
    first = (yield from _read(keys, min(running)[1])) if running else None
    return Queue(ahead, max(1, sight.instances.processes), len(running), first)


def _is_solo(gate: str) -> bool:
    """Whether suspects wait there, also those that workers of today cannot read."""
    kind, _, inner = gate.partition(":")
    return kind == "solo" or (kind == "wire" and inner.partition(":")[2].startswith("solo:"))


def _ahead(keys: PoolKeys, sight: Sight, gates: Sequence[str]) -> Steps[int]:
    """How many wait there that may go before it."""
    if not gates:
        return 0
    before = f"({sight.number('score')}"
    calls: tuple[tuple[Argument, ...], ...] = tuple(
        ("ZCOUNT", keys.of("held", gate), "-inf", before) for gate in gates
    )
    return (yield Read(calls, sum))  # type: ignore[no-any-return]  # steps are untyped


def _running(keys: PoolKeys, ids: Sequence[str]) -> Steps[list[tuple[int, str]]]:
    """Since when those of them run that do, with their ids."""
    if not ids:
        return []
    records = yield Read((("HMGET", keys.tasks, *ids),), lambda replies: replies[0])
    found = []
    for task_id, data in zip(ids, records, strict=True):
        try:
            record = decode(data or b"")
        except Undecodable:
            continue
        if record.state is State.RUNNING:
            found.append((record.number("started_at"), task_id))
    return found


def _read(keys: PoolKeys, task_id: str) -> Steps[TaskInfo | None]:
    """A task, ``None`` where it has gone meanwhile."""
    try:
        return (yield from read_task(keys, task_id, values.peek))
    except UnknownTask:
        return None


def _behind(first: TaskInfo, others: int) -> Reason:
    """What has to end before anything else can run alone."""
    beside = "" if not others else ", as one other does" if others == 1 else f", as {others:,} do"
    asked = "; it has been asked to stop" if first.cancel_requested else ""
    limit = f"a time-out of {first.timeout:g} s" if first.timeout is not None else "no time-out"
    message = (
        f"it waits behind {first.name} of the job {first.job}, which has {limit} and runs alone "
        f"on {first.instance} since {iso(first.started_ms)}{beside}{asked}"
    )
    return Reason("suspect_behind", message, _way_out(first))


def _way_out(first: TaskInfo) -> str:
    """What ends the one that runs, and keeps the next one from running for ever."""
    if first.cancel_requested:
        return (
            "where it goes on for --overdue (5s), its process is killed; one in a worker inside a "
            'program goes on all the same: restart that, and give its job isolation="process"'
        )
    if first.timeout is not None:
        return f"if that is too long: skedulr cancel {first.name}"
    return (
        'give its job a timeout, and isolation="process" where it is no coroutine; for now: '
        f"skedulr cancel {first.name}"
    )
