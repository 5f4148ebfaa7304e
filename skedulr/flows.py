"""Workflows in Redis, step by step: submitted as a whole, looked at, cancelled, run again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgpack

from skedulr import commands, graph, names, operations
from skedulr.commands import MOST_TASKS, Mark, On, Opened, Read, Refusal, Standing, Stands, Steps
from skedulr.commands.base import Argument, packed, text
from skedulr.commands.tasks import Submission
from skedulr.errors import DuplicateWorkflow, UnknownNode, UnknownWorkflow, WrongState
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.lists import pairs
from skedulr.record import Record
from skedulr.states import State
from skedulr.submission import MOST_BYTES
from skedulr.triggers import record_in, stands, token_of

COUNTS: Final = ("open", "succeeded", "failed", "dead", "cancelled", "skipped")
"""Counters of a workflow's record, with the state of their nodes but for the first and last."""

TIES: Final = 100
"""Workflows of one millisecond in a pool that a list still tells apart from page to page."""

NEVER: Final = 1
"""The epoch of a node that was given up before it was submitted: any true one is newer."""


class FlowState(StrEnum):
    """How a workflow is."""

    RUNNING = "running"
    """A node has not ended."""
    SUCCEEDED = "succeeded"
    """Every node has succeeded, or was not wanted."""
    FAILED = "failed"
    """A node has failed or is dead."""
    CANCELLED = "cancelled"
    """A node was cancelled by a user or has expired, and none has failed."""


class NodePlan(NamedTuple):
    """A node to submit."""

    pool: str
    task: Submission

    @property
    def name(self) -> str:
        """``pool/id``."""
        return names.full_name(self.pool, self.task.id)


class Edge(NamedTuple):
    """A node or task on which a node hangs."""

    parent: str
    child: str
    on: On


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A workflow in a list; times are ms since 1970 by Redis' clock, 0 for never."""

    pool: str
    id: str
    title: str
    """What its author called it."""
    counts: Mapping[str, int]
    """How many nodes are ``open``, ``succeeded``, ``failed``, ``dead``, ``cancelled`` (by a user or
    expired) and ``skipped`` (what they waited for did not come about).
    """
    created_ms: int
    finished_ms: int

    @property
    def name(self) -> str:
        """``pool/id``."""
        return names.full_name(self.pool, self.id)

    @property
    def state(self) -> FlowState:
        """How it is as a whole."""
        if self.counts["open"]:
            return FlowState.RUNNING
        if self.counts["failed"] or self.counts["dead"]:
            return FlowState.FAILED
        return FlowState.CANCELLED if self.counts["cancelled"] else FlowState.SUCCEEDED


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node of a workflow."""

    name: str
    """``pool/id``."""
    job: str
    state: State | None
    """``None`` for one that was never submitted."""
    skipped: bool
    """Whether it was cancelled because what it waited for did not come about."""


@dataclass(frozen=True, slots=True)
class FlowInfo:
    """A workflow with its graph."""

    row: FlowRow
    nodes: Sequence[NodeInfo]
    edges: Sequence[Edge]


# --- submitting


def submit(
    home: PoolKeys, flow_id: str, token: bytes, title: str, plans: Sequence[NodePlan]
) -> Steps[None]:
    """Submit a workflow, or with an empty token more nodes of one: children before their parents,
    so that nothing runs before nearly all is there.

    Raises ``DuplicateWorkflow``, ``UnknownWorkflow`` and what refuses a task; the caller gives it
    up then.
    """
    for chunk in _chunks(plans):
        nodes = [(plan.name, _graph_entry(plan)) for plan in chunk]
        opened: Opened = yield commands.begin(home, flow_id, token, title, nodes)
        if opened.outcome == "duplicate":
            raise DuplicateWorkflow(names.full_name(home.pool, flow_id))
        if opened.outcome == "missing":
            raise UnknownWorkflow(names.full_name(home.pool, flow_id))
    by_name = {plan.name: plan for plan in plans}
    for layer in graph.from_the_leaves(_parents_of(plans)):
        for pool, batch in _batches([by_name[name] for name in layer]):
            keys = pool_keys(home.namespace, pool)
            refusals: list[Refusal] = yield commands.enqueue(keys, batch)
            for refusal in refusals:
                error = operations.refused(keys, batch[refusal.place], refusal)
                if error is not None:
                    raise error
    yield commands.seal(home, flow_id)


def withdraw(home: PoolKeys, flow_id: str, plans: Sequence[NodePlan]) -> Steps[None]:
    """Take back what was just to be submitted, after a refusal: the tasks that have the token of
    this very submission. Others under the ids of its nodes are not its own.
    """
    tokens = {plan.name: plan.task.token for plan in plans}
    left = [name for layer in graph.from_the_leaves(_parents_of(plans)) for name in layer]
    others: set[str] = set()
    for _ in range(operations.TRIES):
        records = yield from records_of(home.namespace, left)
        others |= {
            name for name in left if name in records and token_of(records[name]) != tokens[name]
        }
        never = [name for name in left if name not in records]
        yield from _mark(home, [Mark(flow_id, name, NEVER, State.CANCELLED) for name in never])
        own = [name for name in left if name in records and name not in others]
        left = yield from _cancel_at(home, flow_id, {name: records[name] for name in own})
        if not left:
            break
    strangers = yield from _strangers(home, flow_id, others)
    yield from _mark(home, [Mark(flow_id, name, NEVER, State.CANCELLED) for name in strangers])
    yield commands.seal(home, flow_id)


def _cancel_at(home: PoolKeys, flow_id: str, records: Mapping[str, Record]) -> Steps[list[str]]:
    """Cancel tasks that still stand at the epochs of these records; answers those that do not."""
    marks, changed = [], []
    for node, record in records.items():
        pool, task_id = names.split(node)
        keys = pool_keys(home.namespace, str(pool))
        standing: Standing = yield commands.cancel(keys, task_id, record.number("epoch"))
        if standing.outcome == "cancelled":
            marks.append(Mark(flow_id, node, standing.epoch, State.CANCELLED))
        elif standing.outcome == "changed":
            changed.append(node)
    yield from _mark(home, marks)
    return changed


def _strangers(home: PoolKeys, flow_id: str, nodes: Iterable[str]) -> Steps[list[str]]:
    """Those tasks that do not belong to the workflow."""
    places = [(name, *names.split(name)) for name in nodes]
    calls = tuple(
        ("HGET", pool_keys(home.namespace, str(pool)).of("children", task_id), "@flow")
        for _, pool, task_id in places
    )
    flows = (yield Read(calls, list)) if calls else []
    own = names.full_name(home.pool, flow_id)
    return [
        name
        for (name, _, _), flow in zip(places, flows, strict=True)
        if flow is None or text(flow) != own
    ]


def _give_up(home: PoolKeys, flow_id: str, nodes: Iterable[str]) -> Steps[None]:
    """Cancel what there is of a workflow whose submission was refused or never finished."""
    marks = []
    for node in nodes:
        pool, task_id = names.split(node)
        standing: Standing = yield commands.cancel(pool_keys(home.namespace, str(pool)), task_id)
        if standing.outcome == "missing":
            marks.append(Mark(flow_id, node, NEVER, State.CANCELLED))
        elif standing.outcome == "cancelled":
            marks.append(Mark(flow_id, node, standing.epoch, State.CANCELLED))
    yield from _mark(home, marks)
    yield commands.seal(home, flow_id)


def _mark(home: PoolKeys, marks: Sequence[Mark]) -> Steps[None]:
    """Say at once what events will say as well, so that who asks now gets the new answer."""
    for chunk in _chunks(marks):
        yield commands.mark(home, chunk)


def give_up_unfinished(home: PoolKeys, now_ms: int) -> Steps[list[str]]:
    """Give up the workflows whose producers died while they submitted them; answers their ids."""
    call = ("ZRANGEBYSCORE", home.opening, "-inf", now_ms, "LIMIT", 0, 10)
    overdue = yield Read((call,), lambda replies: [text(flow_id) for flow_id in replies[0]])
    for flow_id in overdue:
        edges = yield from edges_of(home, flow_id)
        yield from _give_up(home, flow_id, _children_first(edges))
    return list(overdue)


def _parents_of(plans: Iterable[NodePlan]) -> dict[str, list[str]]:
    return {plan.name: [parent[0] for parent in plan.task.parents] for plan in plans}


def _graph_entry(plan: NodePlan) -> bytes:
    return packed([plan.task.job, [[parent[0], int(parent[1])] for parent in plan.task.parents]])


def _batches(plans: Sequence[NodePlan]) -> Iterator[tuple[str, list[Submission]]]:
    by_pool: dict[str, list[Submission]] = {}
    for plan in plans:
        by_pool.setdefault(plan.pool, []).append(plan.task)
    for pool, tasks in by_pool.items():
        yield from ((pool, batch) for batch in batches(tasks))


def batches(tasks: Iterable[Submission]) -> Iterator[list[Submission]]:
    """Tasks of one pool in parts that travel together."""
    batch: list[Submission] = []
    size = 0
    for task in tasks:
        if batch and (len(batch) == MOST_TASKS or size + len(task.body) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += len(task.body)
    if batch:
        yield batch


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(values), MOST_TASKS):
        yield values[first : first + MOST_TASKS]


# --- looking


def find(namespace: str, name: str) -> Steps[tuple[PoolKeys, str]]:
    """The home and the id that a name means: ``pool/id``, or an id that one pool has.

    Raises ``UnknownWorkflow`` and ``AmbiguousTask``.
    """
    pool, flow_id = names.split(name)
    pools = [pool] if pool else (yield from operations.list_pools(RegistryKeys(namespace)))
    calls = tuple(("EXISTS", pool_keys(namespace, each).of("flow", flow_id)) for each in pools)
    replies = (yield Read(calls, list)) if calls else []
    hits = [each for each, there in zip(pools, replies, strict=True) if there]
    if not hits:
        raise UnknownWorkflow(name)
    return pool_keys(namespace, operations.only(flow_id, hits)), flow_id


def row(home: PoolKeys, flow_id: str) -> Steps[FlowRow]:
    """A workflow's record; raises ``UnknownWorkflow``."""
    call = ("HGETALL", home.of("flow", flow_id))
    found = yield Read((call,), lambda replies: _row(home.pool, flow_id, replies[0]))
    if found is None:
        raise UnknownWorkflow(names.full_name(home.pool, flow_id))
    return found  # type: ignore[no-any-return]  # steps are untyped


def _row(pool: str, flow_id: str, flat: Any) -> FlowRow | None:
    fields = {text(name): value for name, value in pairs(_flat(flat))}
    if not fields:
        return None
    return FlowRow(
        pool,
        flow_id,
        text(fields.get("name", b"")),
        {counter: int(fields.get(counter, 0)) for counter in COUNTS},
        int(fields.get("created", 0)),
        int(fields.get("finished", 0)),
    )


def _flat(reply: Any) -> list[Any]:
    """What Redis lists flat, or as a map under its newer protocol."""
    return [part for pair in reply.items() for part in pair] if isinstance(reply, dict) else reply


def newest(home: PoolKeys, most: int, skip: int = 0) -> Steps[list[FlowRow]]:
    """Workflows of a pool, the newest first."""
    call = ("ZRANGE", home.flows, skip, skip + most - 1, "REV")
    ids = yield Read((call,), lambda replies: [text(each) for each in replies[0]])
    if not ids:
        return []
    replies = yield Read(tuple(("HGETALL", home.of("flow", each)) for each in ids), list)
    rows = [_row(home.pool, each, flat) for each, flat in zip(ids, replies, strict=True)]
    return [each for each in rows if each is not None]


def all_newest(
    namespace: str, most: int, after: tuple[int, str] | None = None
) -> Steps[list[FlowRow]]:
    """Workflows of all pools, the newest first, behind the one of that creation and name."""
    pools = yield from operations.list_pools(RegistryKeys(namespace))
    return (yield from newest_of(namespace, pools, most, after))


def newest_of(
    namespace: str, pools: Sequence[str], most: int, after: tuple[int, str] | None = None
) -> Steps[list[FlowRow]]:
    """The same of some pools."""
    newest_ms: int | str = after[0] if after else "+inf"
    calls = tuple(
        (
            *("ZRANGE", pool_keys(namespace, pool).flows, newest_ms, "-inf", "BYSCORE", "REV"),
            *("LIMIT", 0, most + TIES, "WITHSCORES"),
        )
        for pool in pools
    )
    replies = (yield Read(calls, list)) if calls else []
    places = sorted(
        (-int(float(score)), names.full_name(pool, text(flow_id)))
        for pool, reply in zip(pools, replies, strict=True)
        for flow_id, score in pairs(reply)
    )
    if after:
        places = [place for place in places if place > (-after[0], after[1])]
    homes = [
        (str(pool), flow_id) for pool, flow_id in (names.split(name) for _, name in places[:most])
    ]
    records = tuple(
        ("HGETALL", pool_keys(namespace, pool).of("flow", each)) for pool, each in homes
    )
    found = (yield Read(records, list)) if records else []
    rows = [_row(*where, flat) for where, flat in zip(homes, found, strict=True)]
    return [each for each in rows if each is not None]


def info(home: PoolKeys, flow_id: str) -> Steps[FlowInfo]:
    """A workflow with its nodes and edges; raises ``UnknownWorkflow``."""
    record = yield from row(home, flow_id)
    jobs, edges = yield from _graph(home, flow_id)
    stood = yield from _standings(home, flow_id)
    records = yield from records_of(home.namespace, jobs)
    nodes = [
        _node(name, job, stood.get(name, (0, 0))[1], records.get(name))
        for name, job in sorted(jobs.items())
    ]
    return FlowInfo(record, nodes, edges)


def _node(name: str, job: str, stood: int, record: Record | None) -> NodeInfo:
    if record is not None:
        return NodeInfo(name, job, record.state, stands(record) == Stands.SKIPPED)
    if stood == Stands.OPEN:
        return NodeInfo(name, job, None, False)
    state = State.CANCELLED if stood == Stands.SKIPPED else State(stood)
    return NodeInfo(name, job, state, stood == Stands.SKIPPED)


def _graph(home: PoolKeys, flow_id: str) -> Steps[tuple[dict[str, str], list[Edge]]]:
    """The jobs of all nodes, and their edges."""
    found = yield from _scan(home.of("graph", flow_id))
    jobs: dict[str, str] = {}
    edges: list[Edge] = []
    for name, data in found.items():
        job, parents, *gatherer = msgpack.unpackb(data)
        jobs[name] = job
        edges += [Edge(parent, name, On(on)) for parent, on in parents]
        edges += [Edge(name, child, On.END) for child in gatherer]
    return jobs, edges


def edges_of(home: PoolKeys, flow_id: str) -> Steps[dict[str, list[str]]]:
    """The parents of each node."""
    jobs, edges = yield from _graph(home, flow_id)
    found: dict[str, list[str]] = {name: [] for name in jobs}
    for edge in edges:
        found[edge.child].append(edge.parent)
    return found


def _standings(home: PoolKeys, flow_id: str) -> Steps[dict[str, tuple[int, int]]]:
    """Epoch and standing of each node, as its workflow knows them."""
    found = yield from _scan(home.of("nodes", flow_id))
    split = {name: value.split() for name, value in found.items()}
    return {name: (int(epoch), int(standing)) for name, (epoch, standing) in split.items()}


def _scan(key: bytes) -> Steps[dict[str, bytes]]:
    """A hash, read page by page."""
    found: dict[str, bytes] = {}
    cursor: Argument = 0
    while True:
        cursor, page = yield Read(
            (("HSCAN", key, cursor, "COUNT", MOST_TASKS),), lambda replies: replies[0]
        )
        found.update((text(name), value) for name, value in pairs(page))
        if int(cursor) == 0:
            return found


def records_of(namespace: str, nodes: Iterable[str]) -> Steps[dict[str, Record]]:
    """The records of the nodes that have one."""
    by_pool: dict[str, list[str]] = {}
    for node in nodes:
        pool, task_id = names.split(node)
        by_pool.setdefault(str(pool), []).append(task_id)
    found: dict[str, Record] = {}
    for pool, ids in by_pool.items():
        for chunk in _chunks(ids):
            call = ("HMGET", pool_keys(namespace, pool).tasks, *chunk)
            replies = yield Read((call,), lambda replies: replies[0])
            for task_id, data in zip(chunk, replies, strict=True):
                record = record_in(data)
                if record is not None:
                    found[names.full_name(pool, task_id)] = record
    return found


# --- acting


def cancel(home: PoolKeys, flow_id: str) -> Steps[int]:
    """Cancel all nodes that have not ended, children before their parents; answers how many.

    Raises ``UnknownWorkflow``.
    """
    yield from row(home, flow_id)
    cancelled = 0
    seen: set[str] = set()
    while True:
        edges = yield from edges_of(home, flow_id)
        new = [node for node in _children_first(edges) if node not in seen]
        if not new:
            return cancelled
        seen.update(new)
        # A mapping may add nodes meanwhile; it is refused once what gathers them is cancelled.
        cancelled += yield from _cancel_nodes(home, flow_id, new)


def _cancel_nodes(home: PoolKeys, flow_id: str, nodes: Sequence[str]) -> Steps[int]:
    records = yield from records_of(home.namespace, nodes)
    cancelled = 0
    marks = []
    for node in nodes:
        if node in records and not records[node].state.terminal:
            pool, task_id = names.split(node)
            keys = pool_keys(home.namespace, str(pool))
            standing: Standing = yield commands.cancel(keys, task_id)
            cancelled += standing.outcome in ("cancelled", "requested")
            if standing.outcome == "cancelled":
                marks.append(Mark(flow_id, node, standing.epoch, State.CANCELLED))
    yield from _mark(home, marks)
    return cancelled


def retry(home: PoolKeys, flow_id: str) -> Steps[int]:
    """Run the nodes again that have failed, are dead or were cancelled, and what hangs on them;
    answers how many nodes that are. Raises ``UnknownWorkflow``, and ``WrongState`` where none is.
    """
    record = yield from row(home, flow_id)
    edges = yield from edges_of(home, flow_id)
    records = yield from records_of(home.namespace, edges)
    bad = [name for name, each in records.items() if _is_bad(each)]
    if not bad:
        raise WrongState(record.name, record.state, "retry", "", kind="workflow")
    return (yield from _run_again(home, flow_id, edges, records, bad))


def rerun(home: PoolKeys, flow_id: str, node: str) -> Steps[int]:
    """Run a node again that has ended, however, and all that hangs on it; answers how many nodes.

    ``node`` is its ``pool/id`` or id. Raises ``UnknownWorkflow``, ``UnknownNode`` and
    ``WrongState``.
    """
    record = yield from row(home, flow_id)
    edges = yield from edges_of(home, flow_id)
    matching = [name for name in edges if node in (name, names.split(name)[1])]
    if len(matching) != 1:
        raise UnknownNode(record.name, node, edges)
    records = yield from records_of(home.namespace, edges)
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
    for node in _children_first(edges):
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
            marks.append(Mark(flow_id, node, standing.epoch, Stands.OPEN))
    yield from _mark(home, marks)
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
        standing = yield commands.resubmit(keys, task_id, epoch, token, any_state=True)
    return standing


def _children_first(edges: Mapping[str, list[str]]) -> list[str]:
    return [name for layer in graph.from_the_leaves(edges) for name in layer]
