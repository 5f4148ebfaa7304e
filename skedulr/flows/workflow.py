"""A workflow: a graph of tasks, put together by the program, checked, and submitted as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Self,
    TypeVar,
    cast,
)

from skedulr.commands import Steps
from skedulr.dependencies.inputs import Input, Kind
from skedulr.dependencies.parents import Named, Parents, named
from skedulr.errors import DuplicateWorkflow, InvalidWorkflow, Refused
from skedulr.flows import additions, giving_up, mapping, planning
from skedulr.flows.additions import Addition, NodePlan, new_token
from skedulr.flows.handle import Handle
from skedulr.job import Job, Signature
from skedulr.names import new_id
from skedulr.submission import submission_of
from skedulr.task import Task
from skedulr.wording import short

if TYPE_CHECKING:
    from skedulr.app import Skedulr

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


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


class Workflow(Handle):
    """A graph of tasks. ``add`` its nodes, then leave its ``with`` block, or ``submit`` it; an
    exception in the block submits nothing. What is added to one that is submitted already hangs on
    its nodes like any other.

    Methods that begin with ``a`` are for asyncio.
    """

    def __init__(
        self, app: Skedulr, title: str, flow_id: str, pool: str = "", own: bytes = b""
    ) -> None:
        super().__init__(app, title, flow_id, pool, own)
        self._token = new_token()
        """Of the nodes that are not submitted yet, so that they can be submitted again as long as
        nobody knows what has become of them.
        """
        self._is_known = bool(pool)
        self._nodes: dict[str, Node[Any]] = {}
        """Those that are not submitted yet."""

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
        Raises ``InvalidWorkflow`` for what is neither a node nor a task.
        """
        return cast(R, Input(Kind.ONE, self._sources([parent])))

    def gather(self, parents: Iterable[Node[R] | Task[R]]) -> list[R]:
        """The results of several nodes as one argument of another, a list in this order; those of
        none are the empty list, for which nothing waits. Raises as ``result``.
        """
        sources = self._sources(parents)
        return cast("list[R]", Input(Kind.ALL, sources) if sources else [])

    def _sources(self, parents: Iterable[Named]) -> tuple[Named, ...]:
        if isinstance(parents, Named) or not isinstance(parents, Iterable):
            raise InvalidWorkflow(self.title, f"gather a list of nodes, not {short(parents)}")
        sources = tuple(parents)
        for each in sources:
            if not isinstance(each, Named):
                raise InvalidWorkflow(
                    self.title, f"take the results of nodes or tasks, not of {short(each)}"
                )
        return sources

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
        addition = self._addition(perform(self._tied()))
        for pool in addition.pools():
            self._app.register_pool(pool)
        try:
            perform(additions.submit(addition))
        except DuplicateWorkflow:
            raise  # a workflow is opened before its tasks are submitted: none is there
        except Refused:
            perform(giving_up.withdraw(addition))
            self._token = new_token()
            raise
        self._submitted()

    async def asubmit(self) -> None:
        """``submit`` for asyncio."""
        perform = self._app.aclient.perform
        addition = self._addition(await perform(self._tied()))
        for pool in addition.pools():
            await self._app.aregister_pool(pool)
        try:
            await perform(additions.submit(addition))
        except DuplicateWorkflow:
            raise
        except Refused:
            await perform(giving_up.withdraw(addition))
            self._token = new_token()
            raise
        self._submitted()

    def _tied(self) -> Steps[dict[str, Signature[Any]]]:
        if not self._nodes and not self._is_known:
            raise InvalidWorkflow(self.title, "it has no nodes; add at least one")
        calls = {name: node.call for name, node in self._nodes.items()}
        return planning.tied(self._app.config.namespace, self.title, calls)

    def _addition(self, tied: Mapping[str, Signature[Any]]) -> Addition:
        if tied and not self._pool:
            self._pool = next(iter(tied.values())).options.pool
        plans = [
            NodePlan(
                call.options.pool,
                submission_of(self._app, call)._replace(flow=self.name, token=self._token),
            )
            for call in tied.values()
        ]
        if not self._is_known:
            self._own = self._token
        return Addition(self._home, self.id, self.title, self._own, self._token, plans)

    def _submitted(self) -> None:
        self._is_known = True
        self._nodes = {}
        self._token = new_token()
