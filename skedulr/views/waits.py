"""Why a task waits for others, or was cancelled because of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from skedulr import names
from skedulr.commands import Steps
from skedulr.dependencies import circles
from skedulr.keys import PoolKeys
from skedulr.values.plain import iso
from skedulr.views.lineage import Lineage, lineage
from skedulr.views.reason import Reason


def of_waiting(keys: PoolKeys, task_id: str) -> Steps[list[Reason]]:
    """What a task waits for, each by itself; a circle first."""
    relatives = yield from lineage(keys, task_id)
    circle = yield from circles.above(keys.namespace, [names.full_name(keys.pool, task_id)])
    return [*_of_circle(circle), *_of_parents(relatives)]


def of_upstream(keys: PoolKeys, task_id: str, ended_ms: int) -> Steps[Reason]:
    """Why a task was cancelled whose parents ended otherwise."""
    relatives = yield from lineage(keys, task_id)
    return _of_unmet(relatives, ended_ms)


def _of_circle(circle: list[str]) -> Iterator[Reason]:
    """It waits for itself, or for what does."""
    if circle:
        way = " -> ".join(circle)
        yield Reason(
            "circle",
            f"it waits for ever, for tasks that wait for each other: {way}",
            f"skedulr cancel {circle[0]}",
        )


def _of_parents(relatives: Lineage) -> Iterator[Reason]:
    """One reason for each parent that is still waited for."""
    for parent in relatives.parents:
        if not parent.is_open:
            continue
        to = _ENDS[parent.on]
        if parent.state is None:
            yield Reason(
                "parent_not_submitted",
                f"it waits for {parent.name} {to}, which has not been submitted",
                f"submit {parent.name}; after 7 days without it the task is cancelled",
            )
        elif parent.state.terminal:
            yield Reason(
                "parent_ended",
                f"{parent.name} is {parent.state.label}; a coordinator is about to tell it so",
                "make sure that a coordinator runs: skedulr instances",
            )
        else:
            yield Reason(
                "parent",
                f"it waits for {parent.name} {to}, which is {parent.state.label}",
                f"skedulr explain {parent.name}",
            )


_ENDS: Final = {"success": "to succeed", "failure": "to fail", "end": "to end"}


def _of_unmet(relatives: Lineage, ended_ms: int) -> Reason:
    """What it waited for ended otherwise. To run it alone would be to run it without that."""
    told = ", and ".join(
        f"{parent.name} {_ENDS[parent.on]}, which is {parent.state.label}"
        if parent.state is not None
        else f"{parent.name} {_ENDS[parent.on]}, which is not there"
        for parent in relatives.parents
        if parent.is_unmet
    )
    why = f"it waited for {told}" if told else "what it waited for ended otherwise"
    return Reason(
        "cancelled_upstream",
        f"it was cancelled at {iso(ended_ms)}: {why}",
        f"repair the cause, then: skedulr workflow retry {relatives.workflow}"
        if relatives.workflow
        else "run that again, then resubmit this one, which waits no more",
    )
