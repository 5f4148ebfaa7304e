"""The ends of a workflow's tasks: brought about, and told."""

from __future__ import annotations

from collections.abc import Mapping

from skedulr import commands, names, operations
from skedulr.commands import Command, Mark, Standing, Steps, together
from skedulr.commands.base import chunks
from skedulr.dependencies.edges import stands, token_of
from skedulr.flows import looking
from skedulr.keys import PoolKeys, pool_keys
from skedulr.record import Record


def cancel(namespace: str, own: Mapping[str, bytes]) -> Steps[list[str]]:
    """Cancel, in this order, the tasks that have these submit tokens and live; answers which of
    them are over now or have been asked to end. Another task under one of the names is left alone.
    """
    cancelled: list[str] = []
    left = dict(own)
    for _ in range(operations.TRIES):
        records = yield from looking.own_records(namespace, left)
        live = [name for name in left if name in records and not records[name].state.terminal]
        calls = [_cancellation(namespace, name, records[name]) for name in live]
        standings = yield from together(calls)
        outcomes = {name: each.outcome for name, each in zip(live, standings, strict=True)}
        cancelled += [name for name in live if outcomes[name] in ("cancelled", "requested")]
        left = {name: own[name] for name in live if outcomes[name] == "changed"}
        if not left:
            break
    return cancelled


def _cancellation(namespace: str, name: str, record: Record) -> Command[Standing]:
    pool, task_id = names.split(name)
    return commands.cancel(pool_keys(namespace, str(pool)), task_id, record.number("epoch"))


def mark(home: PoolKeys, flow_id: str, records: Mapping[str, Record]) -> Steps[None]:
    """Say at once how nodes have ended, as events will say as well, so that who asks now gets the
    new answer.
    """
    marks = [
        Mark(flow_id, name, record.number("epoch"), stands(record), token_of(record))
        for name, record in records.items()
        if record.state.terminal
    ]
    for chunk in chunks(marks):
        yield commands.mark(home, chunk)
