"""Workflows: listed, drawn, cancelled, retried, run again from a node."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from skedulr.app import Skedulr
from skedulr.errors import InvalidOption
from skedulr.views import documents, overview
from skedulr_coordinator import views
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.problems import answers, described

router = APIRouter(prefix="/api/workflows", tags=["workflows"], responses=described(400, 503))


class Node(BaseModel):
    """Where to run a workflow again from."""

    node: str
    """`pool/id`, or the id of a node."""


@router.get("", responses=answers(models.Workflows))
async def list_workflows(
    app: TheApp, cursor: str = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    """The workflows of all pools, the newest first."""
    pools = await app.aclient.perform(overview.pool_names(app.config.namespace))
    return Document(await views.workflows(app, pools, limit, _after(cursor)))


def _after(cursor: str) -> tuple[int, str] | None:
    """The creation and the name of the last workflow of the page before."""
    created, _, name = cursor.partition(".")
    if cursor and not (created.isdecimal() and len(created) < 20 and name.count("/") == 1):
        raise InvalidOption("cursor", cursor, "give the `next` of the page before, or leave it out")
    return (int(created), name) if cursor else None


@router.get("/{name:path}", responses=answers(models.Graph) | described(404, 409))
async def get_workflow(app: TheApp, name: str) -> Response:
    """A workflow with its nodes and edges; its name is `pool/id`, or an id that one pool has."""
    return Document(await _document(app, name))


async def _document(app: Skedulr, name: str) -> dict[str, Any]:
    flow = await app.workflows.aget(name)
    return documents.of_graph(await flow.ainfo())


@router.post("/{name:path}/cancel", responses=answers(models.ChangedGraph) | described(404, 409))
async def cancel_workflow(app: TheApp, name: str) -> Response:
    """Cancel all nodes that have not ended; `changed` says how many."""
    flow = await app.workflows.aget(name)
    changed = await flow.acancel()
    return Document({**await _document(app, flow.name), "changed": changed})


@router.post("/{name:path}/retry", responses=answers(models.ChangedGraph) | described(404, 409))
async def retry_workflow(app: TheApp, name: str) -> Response:
    """Run failed, dead and cancelled nodes again, and what hangs on them."""
    flow = await app.workflows.aget(name)
    changed = await flow.aretry()
    return Document({**await _document(app, flow.name), "changed": changed})


@router.post("/{name:path}/rerun", responses=answers(models.ChangedGraph) | described(404, 409))
async def rerun_workflow(app: TheApp, name: str, body: Node) -> Response:
    """Run a node again that has ended, and all that hangs on it."""
    flow = await app.workflows.aget(name)
    changed = await flow.arerun(body.node)
    return Document({**await _document(app, flow.name), "changed": changed})
