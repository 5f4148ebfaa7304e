"""The commands about workflows: `skedulr workflows`, and `skedulr workflow …` for a single one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from skedulr.cli import flow_views
from skedulr.cli.numbers import whole
from skedulr.cli.session import Session
from skedulr.flows.workflow import Workflow
from skedulr.views import documents

FlowName = Annotated[
    str, typer.Argument(metavar="ID", help="A workflow's id, or pool/id where pools share one.")
]
NodeName = Annotated[
    str, typer.Argument(metavar="NODE", help="A node's id, or pool/id where nodes share one.")
]
Most = Annotated[
    int,
    typer.Option(
        "--limit", parser=whole(1, 10_000), metavar="N", help="How many at most, up to 10,000."
    ),
]


def workflows(session: Session, limit: Most = 50) -> None:
    """List the workflows, the newest first: how each is, and how its nodes stand."""
    found = session.app.workflows.newest(limit)
    session.out.show(
        [documents.of_workflow(row) for row in found],
        lambda: flow_views.listed(session.out.console, found, session.now_ms()),
    )


def show(session: Session, name: FlowName) -> None:
    """Show a workflow: its nodes with their states, and what each hangs on."""
    info = session.app.workflows.get(name).info()
    session.out.show(
        documents.of_graph(info),
        lambda: flow_views.page(session.out.console, info, session.now_ms()),
    )


def cancel(session: Session, name: FlowName) -> None:
    """Cancel all nodes of a workflow that have not ended."""
    flow = session.app.workflows.get(name)
    _say(session, flow, "cancelled", flow.cancel())


def retry(session: Session, name: FlowName) -> None:
    """Run the nodes again that failed, are dead or were cancelled, and what hangs on them."""
    flow = session.app.workflows.get(name)
    _say(session, flow, "run again", flow.retry())


def rerun(session: Session, name: FlowName, node: NodeName) -> None:
    """Run a node again, however it has ended, and all that hangs on it."""
    flow = session.app.workflows.get(name)
    _say(session, flow, "run again", flow.rerun(node))


def _say(session: Session, flow: Workflow, done: str, nodes: int) -> None:
    document: dict[str, Any] = {
        "name": flow.name,
        "outcome": done.replace(" ", "_"),
        "nodes": nodes,
    }

    def view() -> Iterator[RenderableType]:
        yield Text(f"{flow.name}: {nodes:,} {'node' if nodes == 1 else 'nodes'} {done}")

    session.out.show(document, view)
