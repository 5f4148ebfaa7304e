"""Workers and coordinators, as they report themselves."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from skedulr_coordinator import views
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.problems import answers, described

router = APIRouter(prefix="/api/instances", tags=["cluster"], responses=described(503))


@router.get("", responses=answers(models.Instances))
async def list_instances(app: TheApp) -> Response:
    """Every worker and coordinator that lives: processes, pools, loops."""
    return Document(await views.instances(app))
