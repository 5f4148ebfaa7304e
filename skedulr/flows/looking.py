"""Workflows looked at: found by name, listed, read with their graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgpack

from skedulr import names, operations
from skedulr.commands import MOST_TASKS, On, Read, Stands, Steps
from skedulr.commands.base import Argument, pairs, text
from skedulr.dependencies import graph, own_tasks
from skedulr.dependencies.edges import stands
from skedulr.errors import UnknownWorkflow
from skedulr.flows.shapes import COUNTS, Edge, FlowInfo, FlowRow, NodeInfo
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.record import Record
from skedulr.states import State

TIES: Final = 100
"""Workflows of one millisecond in a pool that a list still tells apart from page to page."""


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
    return pool_keys(namespace, operations.only(flow_id, hits, "workflow")), flow_id


def row(home: PoolKeys, flow_id: str, token: bytes = b"") -> Steps[FlowRow]:
    """A workflow's record; raises ``UnknownWorkflow``, also where another one than that of
    ``token`` has the id by now.
    """
    call = ("HGETALL", home.of("flow", flow_id))
    found: FlowRow | None = yield Read(
        (call,), lambda replies: _row(home.pool, flow_id, replies[0])
    )
    if found is None or (token and found.token != token):
        name = names.full_name(home.pool, flow_id)
        raise UnknownWorkflow(name, replaced=found is not None)
    return found


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
        fields.get("token", b""),
    )


def _flat(reply: Any) -> list[Any]:
    """What Redis lists flat, or as a map under its newer protocol."""
    return [part for pair in reply.items() for part in pair] if isinstance(reply, dict) else reply


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
    homes = [names.parts(name) for _, name in places[:most]]
    records = tuple(
        ("HGETALL", pool_keys(namespace, pool).of("flow", each)) for pool, each in homes
    )
    found = (yield Read(records, list)) if records else []
    rows = [_row(*where, flat) for where, flat in zip(homes, found, strict=True)]
    return [each for each in rows if each is not None]


# --- graphs


class Stood(NamedTuple):
    """A node as its workflow knows it."""

    epoch: int
    """Of what it was last told; 0 for nothing, 1 where it was given up before it was submitted."""
    standing: int
    token: bytes
    """Of its submission."""

    @property
    def is_heard_of(self) -> bool:
        """Whether it was submitted and has been heard of, or was given up before that."""
        return self.epoch > 0

    def fulfils(self, on: On) -> bool:
        """Whether its end is the one that a child waits for. None ever comes of a node that was
        given up before it was submitted.
        """
        if self.epoch <= NEVER or self.standing == Stands.OPEN:
            return False
        if self.standing == State.SUCCEEDED:
            return On.SUCCESS in on
        return On.FAILURE in on if self.standing in (State.FAILED, State.DEAD) else on == On.END


NEVER: Final = 1
"""The epoch of a node that was given up before it was submitted."""


UNKNOWN: Final = Stood(0, Stands.OPEN, b"")


def info(home: PoolKeys, flow_id: str, token: bytes = b"") -> Steps[FlowInfo]:
    """A workflow with its nodes and edges; raises as ``row``."""
    jobs, edges = yield from _graph(home, flow_id)
    stood = yield from standings(home, flow_id)
    record = yield from row(home, flow_id, token)  # behind what may be another's by then
    records = yield from own_tasks.records(
        home.namespace, {name: each.token for name, each in stood.items()}
    )
    nodes = [
        _node(name, job, stood.get(name, UNKNOWN).standing, records.get(name))
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
    found = yield from conditions_of(home, flow_id)
    return {name: [*parents] for name, parents in found.items()}


def conditions_of(home: PoolKeys, flow_id: str) -> Steps[dict[str, dict[str, On]]]:
    """The parents of each node, with the end of each that it waits for."""
    jobs, edges = yield from _graph(home, flow_id)
    found: dict[str, dict[str, On]] = {name: {} for name in jobs}
    for edge in edges:
        found[edge.child][edge.parent] = edge.on
    return found


def standings(home: PoolKeys, flow_id: str) -> Steps[dict[str, Stood]]:
    """Each node as its workflow knows it."""
    found = yield from _scan(home.of("nodes", flow_id))
    split = {name: value.split() for name, value in found.items()}
    return {
        name: Stood(int(epoch), int(standing), token)
        for name, (epoch, standing, token) in split.items()
    }


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


def children_first(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes, what hangs on others before those."""
    return [name for layer in graph.from_the_leaves(edges) for name in layer]
