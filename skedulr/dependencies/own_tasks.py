"""Tasks by their names and the tokens of their submissions: an id may have been another task's
before, and may be another's once its task is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skedulr import commands, names, operations
from skedulr.commands import Command, Read, Standing, Steps, together
from skedulr.commands.base import Argument, chunks
from skedulr.dependencies.edges import first, record_in, token_of
from skedulr.keys import located, pool_keys
from skedulr.record import Record


def records(namespace: str, own: Mapping[str, bytes]) -> Steps[dict[str, Record]]:
    """The records of the tasks that have these names and tokens."""
    found = yield from records_of_any(namespace, own)
    return {name: record for name, record in found.items() if token_of(record) == own[name]}


def records_of_any(namespace: str, wanted: Iterable[str]) -> Steps[dict[str, Record]]:
    """The records that there are of some tasks, each ``pool/id``, whoever has submitted them."""
    by_pool: dict[str, list[str]] = {}
    for name in wanted:
        pool, task_id = names.parts(name)
        by_pool.setdefault(pool, []).append(task_id)
    found: dict[str, Record] = {}
    for pool, ids in by_pool.items():
        for chunk in chunks(ids):
            call: tuple[Argument, ...] = ("HMGET", pool_keys(namespace, pool).tasks, *chunk)
            replies = yield Read((call,), first)
            for task_id, data in zip(chunk, replies, strict=True):
                record = record_in(data)
                if record is not None:
                    found[names.full_name(pool, task_id)] = record
    return found


def cancel(namespace: str, own: Mapping[str, bytes]) -> Steps[list[str]]:
    """Cancel, in this order, the tasks that have these names and tokens and live; answers which of
    them are over now or have been asked to end.
    """
    cancelled: list[str] = []
    left = dict(own)
    for _ in range(operations.TRIES):
        there = yield from records(namespace, left)
        live = [name for name in left if name in there and not there[name].state.terminal]
        calls = [_cancellation(namespace, name, there[name]) for name in live]
        standings = yield from together(calls)
        outcomes = {name: each.outcome for name, each in zip(live, standings, strict=True)}
        cancelled += [name for name in live if outcomes[name] in ("cancelled", "requested")]
        left = {name: own[name] for name in live if outcomes[name] == "changed"}
        if not left:
            break
    return cancelled


def _cancellation(namespace: str, name: str, record: Record) -> Command[Standing]:
    return commands.cancel(*located(namespace, name), record.number("epoch"))
