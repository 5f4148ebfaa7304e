"""What probes ask: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from skedulr_coordinator.api.context import TheCoordinator

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """What a probe of life gets."""

    status: str


class Readiness(BaseModel):
    """Whether the coordinator can do its work, and if not, why."""

    ready: bool
    reason: str | None = None


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process lives, whatever becomes of Redis."""
    return Health(status="ok")


@router.get(
    "/readyz",
    responses={503: {"model": Readiness, "description": "Redis does not answer"}},
)
async def readyz(coordinator: TheCoordinator, response: Response) -> Readiness:
    """Say whether Redis answers now, and the services run."""
    reason = await coordinator.probe.why_not()
    if reason is None and not coordinator.services.are_running:
        reason = "the services do not run: mount the coordinator by skedulr_coordinator.mount"
    if reason is not None:
        response.status_code = 503
    return Readiness(ready=reason is None, reason=reason)
