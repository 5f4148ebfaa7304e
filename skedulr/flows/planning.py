"""What is checked of a workflow before any of it is submitted: its nodes, and what they hang on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from skedulr import names
from skedulr.commands import Parent, Steps
from skedulr.dependencies import circles, graph, ties
from skedulr.dependencies.parents import Named
from skedulr.errors import InvalidWorkflow
from skedulr.flows.additions import in_a_circle
from skedulr.job import Signature

MOST_NODES: Final = 10_000


def tied(
    namespace: str, title: str, calls: Mapping[str, Signature[Any]]
) -> Steps[dict[str, Signature[Any]]]:
    """The calls of nodes, by their names, with their parents in full.

    Raises ``InvalidWorkflow`` for too many, for a parent that is neither a node nor a task, and
    for a circle; and what refuses a call's parents.
    """
    if len(calls) > MOST_NODES:
        raise InvalidWorkflow(
            title, f"it has {len(calls):,} nodes; {MOST_NODES:,} are allowed at once"
        )
    wanted = {name: ties.wishes(call) for name, call in calls.items()}
    by_id = _by_id(calls)
    own = {one: _own(title, calls, by_id, one) for each in wanted.values() for one in each}
    outside = [one for one, name in own.items() if name is None]
    found = yield from ties.existing(namespace, outside)
    parents: dict[str, dict[str, Parent]] = {name: {} for name in calls}
    for name, wishes in wanted.items():
        for one, (on, takes) in wishes.items():
            full = own[one] or found.get(one)
            if full is None:
                raise InvalidWorkflow(
                    title, f"{name} hangs on {ties.shown(one)}, which is neither a node nor a task"
                )
            ties.add(parents[name], full, on, takes)
    circle = graph.cycle(parents)
    if found and not circle:
        circle = yield from circles.closed_by(namespace, parents)
    if circle:
        raise in_a_circle(title, circle)
    return {name: ties.tied(call, parents[name]) for name, call in calls.items()}


def _by_id(calls: Iterable[str]) -> dict[str, list[str]]:
    """The full names of nodes by their ids."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in calls:
        found[names.parts(name)[1]].append(name)
    return found


def _own(
    title: str,
    calls: Mapping[str, Signature[Any]],
    by_id: Mapping[str, list[str]],
    one: str | Named,
) -> str | None:
    """The full name of one of the nodes, if it is that."""
    if not isinstance(one, str):
        return one.name if one.name in calls else None
    if one in calls:
        return one
    matching = by_id.get(one, [])
    if len(matching) > 1:
        raise InvalidWorkflow(title, f"{' and '.join(matching)} have the id {one!r}")
    return matching[0] if matching else None
