"""A workflow: a graph of tasks, put together by the program, checked, and submitted as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Generic,
    ParamSpec,
    Self,
    TypeVar,
    cast,
)

from skedulr import flows, graph, mapping, names, ties
from skedulr.commands import Parent, Steps
from skedulr.errors import DuplicateWorkflow, InvalidWorkflow, Refused
from skedulr.flows import FlowInfo, FlowRow, FlowState, NodePlan
from skedulr.inputs import Input, Kind
from skedulr.job import Job, Signature
from skedulr.keys import PoolKeys, pool_keys
from skedulr.names import new_id
from skedulr.parents import Named, Parents, named
from skedulr.submission import TOKEN_BYTES, submission_of
from skedulr.task import Task

if TYPE_CHECKING:
    from skedulr.app import Skedulr

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

MOST_NODES: Final = 10_000


class Node(Generic[R_co]):
    """A task of a workflow, also before it is submitted."""

    __slots__ = ("call", "task")

    def __init__(self, task: Task[R_co], call: Signature[R_co]) -> None:
        self.task = task
        """Its handle; it says that there is no such task until the workflow is submitted."""
        self.call = call

    @property
    def name(self) -> str:
        """``pool/id``."""
        return self.task.name

    def __repr__(self) -> str:
        return f"Node({self.name!r})"


class Workflow:
    """A graph of tasks. ``add`` its nodes, then leave its ``with`` block, or ``submit`` it; an
    exception in the block submits nothing. What is added to one that is submitted already hangs on
    its nodes like any other.

    Methods that begin with ``a`` are for asyncio.
    """

    def __init__(self, app: Skedulr, title: str, flow_id: str, pool: str = "") -> None:
        self._app = app
        self._pool = pool
        self._token = os.urandom(TOKEN_BYTES)
        self._is_known = bool(pool)
        self._nodes: dict[str, Node[Any]] = {}
        """Those that are not submitted yet."""
        self.title = title
        self.id = flow_id

    # --- putting together

    def add(
        self,
        call: Signature[R],
        *,
        on_success: Parents | None = None,
        on_failure: Parents | None = None,
    ) -> Node[R]:
        """Add a node that runs ``call`` once all that it names has ended as wanted, and what it
        takes results of has succeeded.

        Parents are nodes, tasks, and ids of either. Raises ``InvalidOption``, ``InvalidWorkflow``.
        """
        if not isinstance(call, Signature):
            raise InvalidWorkflow(self.title, f"add what job.s(…) returns, not {call!r}")
        options = call.options
        if options.on_duplicate == "existing":
            raise InvalidWorkflow(
                self.title, 'a node cannot stand for a live task: leave out on_duplicate="existing"'
            )
        wanted: dict[str, Any] = {"on_success": on_success, "on_failure": on_failure}
        for option, value in wanted.items():
            if value is not None:
                both = (*getattr(options, option), *named(option, value))
                options = replace(options, **cast("dict[str, Any]", {option: both}))
        node = Node(Task[R](self._app, options.pool, options.id or new_id()), call)
        node.call = replace(call, options=replace(options, id=node.task.id))
        if node.name in self._nodes:
            raise InvalidWorkflow(self.title, f"two nodes are named {node.name}")
        self._nodes[node.name] = node
        return node

    def result(self, parent: Node[R] | Task[R]) -> R:
        """The result of a node as an argument of another: ``flow.add(total.s(flow.result(node)))``.

        It stands for the value, which only the worker knows; nothing can be done with it here.
        """
        return cast(R, Input(Kind.ONE, (parent,)))

    def gather(self, parents: Iterable[Node[R] | Task[R]]) -> list[R]:
        """The results of several nodes as one argument of another, a list in this order."""
        return cast("list[R]", Input(Kind.ALL, tuple(parents)))

    def map(
        self,
        job: Job[Concatenate[T, P], R],
        items: Iterable[T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Node[list[R]]:
        """Add a task of ``job`` for each item of a list that only a worker will know:
        ``flow.map(process, flow.result(listing))``. Further arguments are the same for each.

        Answers the node that waits for all of them; its result is the list of their results. It
        fails when one of them does not succeed. It has the job's pool, and the id of
        ``job.using(id=…)``. Raises as ``add``, and ``InvalidArguments``.
        """
        each = job.s(cast(T, None), *args, **kwargs)
        spread, gather = mapping.calls(each, items)
        suffixes = Input(Kind.ONE, (self.add(spread),))
        return self.add(replace(gather, args=(suffixes,)))

    # --- submitting

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.submit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            await self.asubmit()

    def submit(self) -> None:
        """Submit all nodes that were added since the last time.

        Raises ``InvalidWorkflow`` for a circle, an unknown node and an empty graph, and what
        refuses a task or its parents; then nothing of it runs, or what has begun is cancelled.
        ``RedisUnavailable`` where nobody knows: unless it was all submitted, it is cancelled soon.
        """
        perform = self._app.client.perform
        plans = self._planned(perform(self._tied()))
        for pool in self._pools(plans):
            self._app.register_pool(pool)
        try:
            perform(self._submission(plans))
        except DuplicateWorkflow:
            raise  # a workflow is opened before its tasks are submitted: none is there
        except Refused:
            perform(self._withdrawal(plans))
            raise
        self._submitted()

    async def asubmit(self) -> None:
        """``submit`` for asyncio."""
        perform = self._app.aclient.perform
        plans = self._planned(await perform(self._tied()))
        for pool in self._pools(plans):
            await self._app.aregister_pool(pool)
        try:
            await perform(self._submission(plans))
        except DuplicateWorkflow:
            raise  # a workflow is opened before its tasks are submitted: none is there
        except Refused:
            await perform(self._withdrawal(plans))
            raise
        self._submitted()

    def _tied(self) -> Steps[dict[str, Signature[Any]]]:
        """The calls of all nodes with their parents in full."""
        if not self._nodes and not self._is_known:
            raise InvalidWorkflow(self.title, "it has no nodes; add at least one")
        if len(self._nodes) > MOST_NODES:
            raise InvalidWorkflow(
                self.title, f"it has {len(self._nodes):,} nodes; {MOST_NODES:,} are allowed at once"
            )
        wanted = {name: ties.wishes(node.call) for name, node in self._nodes.items()}
        outside = {one: one for each in wanted.values() for one in each if self._own(one) is None}
        found = yield from ties.existing(self._app.config.namespace, list(outside))
        tied: dict[str, Signature[Any]] = {}
        for name, wishes in wanted.items():
            parents: dict[str, Parent] = {}
            for one, (on, takes) in wishes.items():
                full = self._own(one) or found.get(one)
                if full is None:
                    raise InvalidWorkflow(
                        self.title,
                        f"{name} hangs on {ties.shown(one)}, which is neither a node nor a task",
                    )
                ties.add(parents, full, on, takes)
            tied[name] = ties.tied(self._nodes[name].call, parents)
        return tied

    def _own(self, one: str | Named) -> str | None:
        """The full name of a node that is to be submitted now."""
        if not isinstance(one, str):
            return one.name if one.name in self._nodes else None
        if one in self._nodes:
            return one
        matching = [name for name in self._nodes if names.split(name)[1] == one]
        if len(matching) > 1:
            raise InvalidWorkflow(self.title, f"{' and '.join(matching)} have the id {one!r}")
        return matching[0] if matching else None

    def _planned(self, tied: Mapping[str, Signature[Any]]) -> list[NodePlan]:
        parents = {
            name: [parent.name for parent in call.options.parents] for name, call in tied.items()
        }
        circle = graph.cycle(parents)
        if circle:
            raise InvalidWorkflow(self.title, f"it goes round in a circle: {' -> '.join(circle)}")
        if tied and not self._pool:
            self._pool = next(iter(tied.values())).options.pool
        flow = self.name
        return [
            NodePlan(call.options.pool, submission_of(self._app, call)._replace(flow=flow))
            for call in tied.values()
        ]

    def _pools(self, plans: Sequence[NodePlan]) -> list[str]:
        return list(dict.fromkeys([self._pool, *(plan.pool for plan in plans)]))

    def _submission(self, plans: Sequence[NodePlan]) -> Steps[None]:
        token = b"" if self._is_known else self._token
        return flows.submit(self._home, self.id, token, self.title, plans)

    def _withdrawal(self, plans: Sequence[NodePlan]) -> Steps[None]:
        return flows.withdraw(self._home, self.id, plans)

    def _submitted(self) -> None:
        self._is_known = True
        self._nodes = {}

    # --- what is submitted

    @property
    def name(self) -> str:
        """``pool/id``, the pool being that of its first node, where its record is."""
        if not self._pool:
            raise InvalidWorkflow(self.title, "it is not submitted yet")
        return names.full_name(self._pool, self.id)

    def __repr__(self) -> str:
        return f"Workflow({names.full_name(self._pool, self.id)!r})"

    @property
    def _home(self) -> PoolKeys:
        return pool_keys(self._app.config.namespace, names.pool(self.name.rpartition("/")[0]))

    def status(self) -> FlowState:
        """How it is as a whole; raises ``UnknownWorkflow``."""
        return self.summary().state

    async def astatus(self) -> FlowState:
        """``status`` for asyncio."""
        return (await self.asummary()).state

    def summary(self) -> FlowRow:
        """Its record: times, and how many nodes stand how; raises ``UnknownWorkflow``."""
        return self._app.client.perform(flows.row(self._home, self.id))

    async def asummary(self) -> FlowRow:
        """``summary`` for asyncio."""
        return await self._app.aclient.perform(flows.row(self._home, self.id))

    def info(self) -> FlowInfo:
        """Its record, all nodes with their states, and all edges; raises ``UnknownWorkflow``."""
        return self._app.client.perform(flows.info(self._home, self.id))

    async def ainfo(self) -> FlowInfo:
        """``info`` for asyncio."""
        return await self._app.aclient.perform(flows.info(self._home, self.id))

    def cancel(self) -> int:
        """Cancel all nodes that have not ended; answers how many. Raises ``UnknownWorkflow``."""
        return self._app.client.perform(flows.cancel(self._home, self.id))

    async def acancel(self) -> int:
        """``cancel`` for asyncio."""
        return await self._app.aclient.perform(flows.cancel(self._home, self.id))

    def retry(self) -> int:
        """Run failed, dead and cancelled nodes again, and all that hangs on them; answers how many
        nodes. Raises ``WrongState`` where there is none, and ``UnknownWorkflow``.
        """
        return self._app.client.perform(flows.retry(self._home, self.id))

    async def aretry(self) -> int:
        """``retry`` for asyncio."""
        return await self._app.aclient.perform(flows.retry(self._home, self.id))

    def rerun(self, node: str | Named) -> int:
        """Run a node again that has ended, and all that hangs on it; answers how many nodes.

        Raises ``UnknownNode``, ``WrongState`` where it has not ended, and ``UnknownWorkflow``.
        """
        return self._app.client.perform(flows.rerun(self._home, self.id, _text(node)))

    async def arerun(self, node: str | Named) -> int:
        """``rerun`` for asyncio."""
        return await self._app.aclient.perform(flows.rerun(self._home, self.id, _text(node)))


def _text(node: str | Named) -> str:
    return node if isinstance(node, str) else node.name


class Workflows:
    """The workflows of an app's cluster: ``app.workflows``."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app

    def get(self, name: str) -> Workflow:
        """A submitted workflow by ``pool/id``, or by an id that one pool has; more nodes can be
        added to it.

        Raises ``UnknownWorkflow`` and ``AmbiguousTask``.
        """
        return self._known(self._app.client.perform(self._found(name)))

    async def aget(self, name: str) -> Workflow:
        """``get`` for asyncio."""
        return self._known(await self._app.aclient.perform(self._found(name)))

    def newest(self, most: int = 50) -> list[FlowRow]:
        """The newest workflows of all pools."""
        return self._app.client.perform(flows.all_newest(self._app.config.namespace, most))

    async def anewest(self, most: int = 50) -> list[FlowRow]:
        """``newest`` for asyncio."""
        return await self._app.aclient.perform(flows.all_newest(self._app.config.namespace, most))

    def _found(self, name: str) -> Steps[FlowRow]:
        home, flow_id = yield from flows.find(self._app.config.namespace, name)
        return (yield from flows.row(home, flow_id))

    def _known(self, row: FlowRow) -> Workflow:
        return Workflow(self._app, row.title, row.id, row.pool)
