"""The ends of a workflow's tasks, told by whoever has brought them about."""

from __future__ import annotations

from collections.abc import Mapping

from skedulr import commands
from skedulr.commands import Mark, Steps
from skedulr.commands.base import chunks
from skedulr.dependencies.edges import stands, token_of
from skedulr.keys import PoolKeys
from skedulr.record import Record


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
