"""Workflows for people: a list, and a page for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.text import Text

from skedulr.cli import looks
from skedulr.cli.looks import Column
from skedulr.cli.moments import since
from skedulr.flows.shapes import Edge, FlowInfo, FlowRow, FlowState, NodeInfo

_STYLES: Final = {
    FlowState.RUNNING: "yellow",
    FlowState.SUCCEEDED: "green",
    FlowState.FAILED: "red",
    FlowState.CANCELLED: "bright_black",
}
_FLOWS: Final = [
    Column("WORKFLOW"),
    Column("TITLE"),
    Column("STATE"),
    Column("OPEN", numbers=True),
    Column("SUCCEEDED", numbers=True, least_width=70),
    Column("FAILED", numbers=True),
    Column("CANCELLED", numbers=True, least_width=100),
    Column("SKIPPED", numbers=True, least_width=100),
    Column("MADE"),
]
_NODES: Final = [
    Column("NODE"),
    Column("JOB"),
    Column("STATE"),
    Column("AFTER", least_width=60),
]

MOST_PARENTS: Final = 3
"""Parents that a line names."""


def listed(console: Console, rows: Sequence[FlowRow], now_ms: int) -> Iterator[RenderableType]:
    """Workflows in a list."""
    if not rows:
        yield "There is no workflow yet: app.workflow(…) makes one."
        return
    yield looks.table(console, _FLOWS, [_row(row, now_ms) for row in rows])


def _row(row: FlowRow, now_ms: int) -> list[RenderableType]:
    counts = row.counts
    return [
        Text(row.name),
        looks.user_text(row.title),
        _state(row.state),
        looks.number(counts["open"], "yellow"),
        looks.number(counts["succeeded"], "green"),
        looks.number(counts["failed"] + counts["dead"], "red"),
        looks.number(counts["cancelled"]),
        looks.number(counts["skipped"]),
        since(row.created_ms, now_ms),
    ]


def _state(state: FlowState) -> Text:
    return Text(state.value, _STYLES[state])


def page(console: Console, info: FlowInfo, now_ms: int) -> Iterator[RenderableType]:
    """All about one workflow."""
    row = info.row
    yield Text.assemble(
        (row.name, "bold"), "  ", looks.user_text(row.title), "  ", _state(row.state)
    )
    ended = f", ended {since(row.finished_ms, now_ms)}" if row.finished_ms else ""
    yield Text(f"made {since(row.created_ms, now_ms)}{ended}", "bright_black")
    parents: dict[str, list[Edge]] = {}
    for edge in info.edges:
        parents.setdefault(edge.child, []).append(edge)
    rows = [_node(node, parents.get(node.name, [])) for node in info.nodes]
    yield looks.table(console, _NODES, rows)


def _node(node: NodeInfo, parents: Sequence[Edge]) -> list[RenderableType]:
    if node.skipped:
        state = Text("skipped", "bright_black")
    else:
        state = looks.state(node.state) if node.state else Text("not submitted", "bright_black")
    return [Text(node.name), Text(node.job), state, _after(parents)]


def _after(parents: Sequence[Edge]) -> str:
    shown = [f"{edge.parent} ({edge.on.label})" for edge in parents[:MOST_PARENTS]]
    if len(parents) > MOST_PARENTS:
        shown.append(f"and {len(parents) - MOST_PARENTS:,} more")
    return ", ".join(shown)
