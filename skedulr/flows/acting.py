"""Workflows cancelled and run again, as a whole or in part."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from skedulr import commands, names
from skedulr.commands import Command, Mark, On, Standing, Stands, Steps, together
from skedulr.commands.base import chunks
from skedulr.dependencies import graph, own_tasks
from skedulr.dependencies.edges import stands, token_of
from skedulr.errors import UnknownNode, WrongState
from skedulr.flows import ends, looking
from skedulr.flows.looking import Stood
from skedulr.flows.shapes import FlowState
from skedulr.keys import PoolKeys, located
from skedulr.record import Record
from skedulr.states import State


def cancel(home: PoolKeys, flow_id: str, token: bytes = b"") -> Steps[int]:
    """Cancel all nodes that have not ended, children before their parents; answers how many. Where
    it is interrupted, a second call cancels the rest.

    ``token`` is that of the workflow that is meant, here as below. Raises ``UnknownWorkflow``.
    """
    yield from looking.row(home, flow_id, token)
    cancelled = 0
    seen: set[str] = set()
    while True:
        edges = yield from looking.edges_of(home, flow_id)
        new = [node for node in looking.children_first(edges) if node not in seen]
        if not new:
            return cancelled
        seen.update(new)
        # A mapping may add nodes meanwhile; it is refused once what gathers them is cancelled.
        stood = yield from looking.standings(home, flow_id)
        yield from looking.row(home, flow_id, token)  # else those are of another
        cancelled += yield from _cancel_nodes(
            home, flow_id, {name: stood[name] for name in new if name in stood}
        )


def _cancel_nodes(home: PoolKeys, flow_id: str, nodes: Mapping[str, Stood]) -> Steps[int]:
    own = {name: each.token for name, each in nodes.items()}
    cancelled = yield from own_tasks.cancel(home.namespace, own)
    # Beside those are nodes that were cancelled by a call that was interrupted before it said so.
    unsaid = {*cancelled, *(name for name in nodes if nodes[name].standing == Stands.OPEN)}
    over = yield from own_tasks.records(home.namespace, {name: own[name] for name in unsaid})
    yield from ends.mark(home, flow_id, over)
    return len(cancelled)


def retry(home: PoolKeys, flow_id: str, token: bytes = b"") -> Steps[int]:
    """Run the nodes again that have failed, are dead or were cancelled, and what hangs on them;
    answers how many nodes that are. What hangs on a node that is not there stays as it is.

    Raises ``UnknownWorkflow``, and ``WrongState`` where nothing can be run again.
    """
    flow = yield from _look(home, flow_id)
    record = yield from looking.row(home, flow_id, token)
    bad = [name for name, each in flow.records.items() if _is_bad(each)]
    chosen = [name for name in bad if name not in flow.stranded]
    if not chosen:
        lives = any(not each.state.terminal for each in flow.records.values())
        state = FlowState.RUNNING if lives else record.state  # which follows a bit later
        remedy = _FORGOTTEN if state in (FlowState.CANCELLED, FlowState.FAILED) else ""
        raise WrongState(record.name, state, "retry", kind="workflow", remedy=remedy)
    return (yield from _run_again(home, flow_id, flow, chosen))


def rerun(home: PoolKeys, flow_id: str, node: str, token: bytes = b"") -> Steps[int]:
    """Run a node again that has ended, however, and all that hangs on it; answers how many nodes.

    ``node`` is its ``pool/id`` or id. Raises ``UnknownWorkflow``, ``UnknownNode`` and
    ``WrongState``.
    """
    flow = yield from _look(home, flow_id)
    record = yield from looking.row(home, flow_id, token)
    matching = [name for name in flow.parents if node in (name, names.parts(name)[1])]
    if len(matching) != 1:
        raise UnknownNode(record.name, node, flow.parents)
    [name] = matching
    chosen = flow.records.get(name)
    state = chosen.state.label if chosen else "not there"
    if chosen is None or name in flow.stranded:
        raise WrongState(name, state, "rerun", remedy=_FORGOTTEN)
    if not chosen.state.terminal:
        raise WrongState(name, state, "rerun", "ended")
    return (yield from _run_again(home, flow_id, flow, [name]))


class _Graph(NamedTuple):
    """The nodes of a workflow and how they stand."""

    parents: Mapping[str, Mapping[str, On]]
    """Of each node, with the end of each for which it waits."""
    records: Mapping[str, Record]
    """Of those that are there."""
    stranded: Collection[str]
    """Nodes that would wait in vain if they were run again: they hang, directly or not, on one that
    is not there and will not come. It was given up before it was submitted, or has ended otherwise
    and is forgotten.
    """


def _look(home: PoolKeys, flow_id: str) -> Steps[_Graph]:
    parents = yield from looking.conditions_of(home, flow_id)
    stood = yield from looking.standings(home, flow_id)
    own = {name: stood[name].token for name in parents if name in stood}
    records = yield from own_tasks.records(home.namespace, own)

    def is_gone(parent: str, on: On) -> bool:
        known = stood.get(parent)
        is_over = known is not None and parent not in records and known.is_heard_of
        return is_over and not stood[parent].fulfils(on)

    first = [
        name
        for name, above in parents.items()
        if any(is_gone(parent, on) for parent, on in above.items())
    ]
    return _Graph(parents, records, {*first, *graph.descendants(parents, first)})


_FORGOTTEN: Final = (
    "what was never submitted, or is forgotten by now, and what hangs on it cannot be run again: "
    "submit it anew"
)


def _is_bad(record: Record) -> bool:
    return stands(record) in (State.FAILED, State.DEAD, State.CANCELLED)


def _run_again(home: PoolKeys, flow_id: str, flow: _Graph, chosen: list[str]) -> Steps[int]:
    """Rewind what hangs on the chosen nodes, then run those: every edge waits for an end that is
    newer than the one that was read, so it does not matter what else is under way. As long as one
    of the chosen has not been sent off, all can be done again.
    """
    namespace, token = home.namespace, os.urandom(8)
    changed = {*graph.descendants(flow.parents, chosen), *chosen}.difference(flow.stranded)
    ended = {
        node: flow.records[node]
        for node in looking.children_first(flow.parents)
        if node in changed and node in flow.records and flow.records[node].state.terminal
    }
    anew = {node: _anew(flow, changed, node) for node in ended}
    hanging = [node for node in ended if ended[node].number("parents")]
    hanging.sort(key=lambda node: not anew[node])
    rewinds = [_rewind(namespace, node, ended[node], token, anew[node]) for node in hanging]
    rewound = dict(zip(hanging, (yield from together(rewinds)), strict=True))
    roots = [
        node
        for node in ended
        if node not in rewound or (rewound[node].outcome == "refused" and not anew[node])
    ]
    resubmissions = [_resubmission(namespace, node, ended[node], token) for node in roots]
    resubmitted = dict(zip(roots, (yield from together(resubmissions)), strict=True))
    marks = [
        Mark(flow_id, node, standing.epoch, Stands.OPEN, token_of(ended[node]))
        for node, standing in (rewound | resubmitted).items()
        if standing.outcome in ("rewound", "resubmitted")
    ]
    for chunk in chunks(marks):
        yield commands.mark(home, chunk)
    return len(marks)


def _anew(flow: _Graph, changed: Collection[str], node: str) -> list[tuple[str, int]]:
    """The parents of a node that run again, each with the epoch than which its awaited end is
    newer.
    """
    again = [name for name in flow.parents[node] if name in changed and name in flow.records]
    return [(name, _before(flow.records[name])) for name in again]


def _before(record: Record) -> int:
    """The epoch than which its awaited end is newer."""
    epoch = record.number("epoch")
    return epoch if record.state.terminal else epoch - 1


def _rewind(
    namespace: str, node: str, record: Record, token: bytes, anew: list[tuple[str, int]]
) -> Command[Standing]:
    return commands.rewind(*located(namespace, node), record.number("epoch"), token, anew)


def _resubmission(namespace: str, node: str, record: Record, token: bytes) -> Command[Standing]:
    """Its children wait for it already: as a part of the workflow it passes over the capacity."""
    where, epoch = located(namespace, node), record.number("epoch")
    return commands.resubmit(*where, epoch, token, any_state=True, beyond=True)
