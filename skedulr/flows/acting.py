"""Workflows cancelled and run again, as a whole or in part."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from skedulr import commands, names
from skedulr.commands import Mark, Standing, Stands, Steps
from skedulr.commands.base import chunks
from skedulr.dependencies import graph
from skedulr.dependencies.triggers import stands, token_of
from skedulr.errors import UnknownNode, WrongState
from skedulr.flows import ends, looking
from skedulr.keys import PoolKeys, pool_keys
from skedulr.record import Record
from skedulr.states import State


def cancel(home: PoolKeys, flow_id: str) -> Steps[int]:
    """Cancel all nodes that have not ended, children before their parents; answers how many.

    Raises ``UnknownWorkflow``.
    """
    yield from looking.row(home, flow_id)
    cancelled = 0
    seen: set[str] = set()
    while True:
        edges = yield from looking.edges_of(home, flow_id)
        new = [node for node in looking.children_first(edges) if node not in seen]
        if not new:
            return cancelled
        seen.update(new)
        # A mapping may add nodes meanwhile; it is refused once what gathers them is cancelled.
        cancelled += yield from _cancel_nodes(home, flow_id, new)


def _cancel_nodes(home: PoolKeys, flow_id: str, nodes: Sequence[str]) -> Steps[int]:
    own = yield from _own(home, flow_id, nodes)
    cancelled = yield from ends.cancel(home.namespace, own)
    over = yield from looking.own_records(home.namespace, {name: own[name] for name in cancelled})
    yield from ends.mark(home, flow_id, over)
    return len(cancelled)


def _own(home: PoolKeys, flow_id: str, nodes: Iterable[str]) -> Steps[dict[str, bytes]]:
    """Nodes with the tokens of their submissions."""
    stood = yield from looking.standings(home, flow_id)
    return {name: stood[name].token for name in nodes if name in stood}


def retry(home: PoolKeys, flow_id: str) -> Steps[int]:
    """Run the nodes again that have failed, are dead or were cancelled, and what hangs on them;
    answers how many nodes that are. Raises ``UnknownWorkflow``, and ``WrongState`` where none is.
    """
    record = yield from looking.row(home, flow_id)
    edges = yield from looking.edges_of(home, flow_id)
    records = yield from looking.own_records(
        home.namespace, (yield from _own(home, flow_id, edges))
    )
    bad = [name for name, each in records.items() if _is_bad(each)]
    if not bad:
        raise WrongState(record.name, record.state, "retry", "", kind="workflow")
    return (yield from _run_again(home, flow_id, edges, records, bad))


def rerun(home: PoolKeys, flow_id: str, node: str) -> Steps[int]:
    """Run a node again that has ended, however, and all that hangs on it; answers how many nodes.

    ``node`` is its ``pool/id`` or id. Raises ``UnknownWorkflow``, ``UnknownNode`` and
    ``WrongState``.
    """
    record = yield from looking.row(home, flow_id)
    edges = yield from looking.edges_of(home, flow_id)
    matching = [name for name in edges if node in (name, names.split(name)[1])]
    if len(matching) != 1:
        raise UnknownNode(record.name, node, edges)
    records = yield from looking.own_records(
        home.namespace, (yield from _own(home, flow_id, edges))
    )
    chosen = records.get(matching[0])
    if chosen is None or not chosen.state.terminal:
        state = chosen.state.label if chosen else "forgotten"
        raise WrongState(matching[0], state, "rerun", "ended")
    return (yield from _run_again(home, flow_id, edges, records, matching))


def _is_bad(record: Record) -> bool:
    return stands(record) in (State.FAILED, State.DEAD, State.CANCELLED)


def _run_again(
    home: PoolKeys,
    flow_id: str,
    edges: Mapping[str, list[str]],
    records: Mapping[str, Record],
    chosen: list[str],
) -> Steps[int]:
    """Rewind what hangs on the chosen nodes, then run those: every edge waits for an end that is
    newer than the one that was read, so it does not matter what else is under way.
    """
    hanging = graph.descendants(edges, chosen)
    token = os.urandom(8)
    changed = {*hanging, *chosen}
    marks = []
    for node in looking.children_first(edges):
        record = records.get(node)
        if node not in changed or record is None or not record.state.terminal:
            continue
        anew = [
            (parent, _before(records[parent]))
            for parent in edges[node]
            if parent in changed and parent in records
        ]
        standing = yield from _rewind_or_resubmit(home.namespace, node, record, token, anew)
        if standing.outcome in ("rewound", "resubmitted"):
            marks.append(Mark(flow_id, node, standing.epoch, Stands.OPEN, token_of(record)))
    for chunk in chunks(marks):
        yield commands.mark(home, chunk)
    return len(marks)


def _before(record: Record) -> int:
    """The epoch than which its awaited end is newer."""
    epoch = record.number("epoch")
    return epoch if record.state.terminal else epoch - 1


def _rewind_or_resubmit(
    namespace: str, node: str, record: Record, token: bytes, anew: list[tuple[str, int]]
) -> Steps[Standing]:
    pool, task_id = names.split(node)
    keys, epoch = pool_keys(namespace, str(pool)), record.number("epoch")
    standing: Standing | None = None
    if record.number("parents"):
        standing = yield commands.rewind(keys, task_id, epoch, token, anew)
    if standing is None or (standing.outcome == "refused" and not anew):
        # Its children wait for it already: as a part of the workflow it passes over the capacity.
        standing = yield commands.resubmit(keys, task_id, epoch, token, any_state=True, beyond=True)
    return standing
