"""Nodes that are submitted together, with a workflow or later: an addition.

It has a token, which is the submit token of each of its tasks; so nobody takes the task of another,
under the id of one of its nodes, for its own. Its nodes are entered in the workflow (``begin``),
then its tasks are submitted, children before their parents, and at last it is sealed.

The task that had the id of a parent before, as in last night's workflow, is still there when the
children are submitted: its end does not count for them, and since it was linked with them in vain,
they are linked again once their true parent is there.

Whoever submits is heard of meanwhile: with ``begin``, and then every ``RENEWED_EVERY`` seconds, but
always before it goes on. A producer that is not heard of for thrice that time is dead, or was held
up. Then a coordinator looks at the addition:

- Where every task of it is there, only the last words are missing, and are said for it.
- Else it is unfinished, and it alone is given up: first it is marked so, then its tasks are
  cancelled, and its nodes that never came count as cancelled. Other nodes of the workflow, those of
  other additions that are just submitted among them, are left as they are.

A producer that comes back afterwards is told so, before it submits more and before it says that all
went well; it takes back what it has submitted since, and raises. To give up may be begun, left and
done again by anybody, a producer that was refused among them: the mark stays until all is done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from skedulr import commands, names, operations
from skedulr.commands import MOST_TASKS, Entry, Opened, Parent, Refusal, Steps, together
from skedulr.commands.base import chunks, packed
from skedulr.commands.tasks import Submission
from skedulr.dependencies import circles, graph, own_tasks
from skedulr.dependencies.edges import token_of
from skedulr.errors import (
    DuplicateId,
    DuplicateWorkflow,
    InvalidWorkflow,
    SubmissionGivenUp,
    UnknownWorkflow,
)
from skedulr.keys import PoolKeys, located, pool_keys
from skedulr.submission import MOST_BYTES, TOKEN_BYTES

RENEWED_EVERY: Final = 10.0
"""Seconds after which a producer says that it goes on; a third of the time that it has."""


def new_token() -> bytes:
    """A token for an addition; letters and digits."""
    return os.urandom(TOKEN_BYTES).hex().encode()


class NodePlan(NamedTuple):
    """A node to submit."""

    pool: str
    task: Submission

    @property
    def name(self) -> str:
        """``pool/id``."""
        return names.full_name(self.pool, self.task.id)


class Addition(NamedTuple):
    """Nodes to submit together, and the workflow to which they belong."""

    home: PoolKeys
    flow_id: str
    title: str
    own: bytes
    """The token of its first nodes."""
    token: bytes
    plans: Sequence[NodePlan]

    @property
    def opens(self) -> bool:
        """Whether they are its first ones."""
        return self.own == self.token

    @property
    def flow(self) -> str:
        """The workflow's ``pool/id``."""
        return names.full_name(self.home.pool, self.flow_id)

    def pools(self) -> list[str]:
        """The pools that it needs, the workflow's home first."""
        return list(dict.fromkeys([self.home.pool, *(plan.pool for plan in self.plans)]))

    def layers(self) -> list[list[str]]:
        """The names of its nodes, children before their parents."""
        return graph.from_the_leaves(
            {plan.name: [parent[0] for parent in plan.task.parents] for plan in self.plans}
        )


def submit(addition: Addition) -> Steps[None]:
    """Submit an addition, children before their parents, so that nothing runs before nearly all is
    there.

    Raises ``DuplicateWorkflow`` and ``UnknownWorkflow``, with nothing stored, and what refuses a
    task or the whole; the caller withdraws it then.
    """
    heard, is_new = yield from _enter(addition)
    formers = yield from _former_ends(addition)
    by_name = {plan.name: _after(plan, formers) for plan in addition.plans}
    for layer in addition.layers():
        for pool, batch in _batches([by_name[name] for name in layer]):
            heard = yield from _go_on(addition, heard)
            yield from _store(pool_keys(addition.home.namespace, pool), batch)
    for chunk in chunks(_linked_in_vain(addition, formers if is_new else by_name)):
        heard = yield from _go_on(addition, heard)
        yield from link_again(addition.home.namespace, addition.token, chunk)
    yield from _check_circle(addition)
    yield from _go_on(addition, heard)
    yield commands.seal(addition.home, addition.flow_id, addition.token)


def _check_circle(addition: Addition) -> Steps[None]:
    """Make sure that no circle was closed in the moment in which its tasks were stored: by way of
    tasks outside, since it has none of its own.
    """
    own = [plan.name for plan in addition.plans]
    above = {parent[0] for plan in addition.plans for parent in plan.task.parents}
    if not above <= {*own}:
        circle = yield from circles.above(addition.home.namespace, own)
        if circle:
            raise in_a_circle(addition.title, circle)


def in_a_circle(title: str, circle: Sequence[str]) -> InvalidWorkflow:
    """The refusal of nodes that would wait for themselves, by the names along the circle."""
    return InvalidWorkflow(title, f"it goes round in a circle: {' -> '.join(circle)}")


def _store(keys: PoolKeys, batch: Sequence[Submission]) -> Steps[None]:
    refusals: list[Refusal] = yield commands.enqueue(keys, batch)
    for refusal in refusals:
        error = operations.refused(keys, batch[refusal.place], refusal)
        if error is not None:
            raise error


def _linked_in_vain(addition: Addition, formers: Collection[str]) -> list[str]:
    """The nodes that hang on a parent whose id another task had."""
    return [
        plan.name
        for plan in addition.plans
        if any(parent[0] in formers for parent in plan.task.parents)
    ]


def _enter(addition: Addition) -> Steps[tuple[float, bool]]:
    """Enter the nodes in their workflow; answers since when the producer was heard of, and whether
    nothing of it was there before: else the formers of an earlier try are not known any more.
    """
    heard, is_new = time.monotonic(), True
    for chunk in chunks(addition.plans):
        heard = time.monotonic()
        opened: Opened = yield commands.begin(
            addition.home,
            addition.flow_id,
            addition.token,
            [Entry(plan.name, addition.token, _node(plan)) for plan in chunk],
            title=addition.title if addition.opens else None,
            own=addition.own,
        )
        _check(addition, opened)
        is_new = is_new and opened.added == len(chunk)
    return heard, is_new


def _node(plan: NodePlan) -> bytes:
    return packed([plan.task.job, [[parent[0], int(parent[1])] for parent in plan.task.parents]])


def _check(addition: Addition, opened: Opened) -> None:
    match opened.outcome:
        case "duplicate":
            raise DuplicateWorkflow(addition.flow)
        case "missing" | "replaced" as outcome:
            raise UnknownWorkflow(addition.flow, replaced=outcome == "replaced")
        case "given_up":
            raise SubmissionGivenUp(addition.flow)
        case "known":
            raise InvalidWorkflow(
                addition.title,
                f"it has a node {opened.node} already; rerun that one, or choose another id",
            )


def _former_ends(addition: Addition) -> Steps[dict[str, int]]:
    """The epochs of former tasks under the ids of parents; raises ``DuplicateId`` where one of them
    has not ended.
    """
    own = {plan.name for plan in addition.plans}
    named = {parent[0] for plan in addition.plans for parent in plan.task.parents} & own
    records = yield from own_tasks.records_of_any(addition.home.namespace, named)
    formers = {name: each for name, each in records.items() if token_of(each) != addition.token}
    for name, record in formers.items():
        if not record.state.terminal:
            raise DuplicateId(name)
    return {name: record.number("epoch") for name, record in formers.items()}


def _after(plan: NodePlan, formers: Mapping[str, int]) -> NodePlan:
    """The node, for which the end of a former task does not count as that of a parent to come."""
    parents = [Parent(*parent[:3], formers.get(parent[0], 0)) for parent in plan.task.parents]
    return plan._replace(task=plan.task._replace(parents=parents)) if parents else plan


def link_again(namespace: str, token: bytes, nodes: Iterable[str]) -> Steps[None]:
    """Let coordinators link nodes with their parents once those are there: with a former task they
    were linked in vain.
    """
    yield from together(
        [commands.hang(*located(namespace, name), token, (), whole=True) for name in nodes]
    )


def _go_on(addition: Addition, heard: float) -> Steps[float]:
    """Make sure that nobody gives the addition up in the next moments; answers since when."""
    now = time.monotonic()
    if now - heard < RENEWED_EVERY:
        return heard
    goes_on: bool = yield commands.renew(addition.home, addition.flow_id, addition.token)
    if not goes_on:
        raise SubmissionGivenUp(addition.flow)
    return now


def _batches(plans: Sequence[NodePlan]) -> Iterator[tuple[str, list[Submission]]]:
    by_pool: dict[str, list[Submission]] = {}
    for plan in plans:
        by_pool.setdefault(plan.pool, []).append(plan.task)
    for pool, submissions in by_pool.items():
        yield from ((pool, batch) for batch in batches(submissions))


def batches(submissions: Iterable[Submission]) -> Iterator[list[Submission]]:
    """Tasks of one pool in parts that travel together."""
    batch: list[Submission] = []
    size = 0
    for task in submissions:
        if batch and (len(batch) == MOST_TASKS or size + len(task.body) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += len(task.body)
    if batch:
        yield batch
