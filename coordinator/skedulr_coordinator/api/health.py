"""What probes ask: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from skedulr.connection import Address
from skedulr_coordinator.api.context import TheCoordinator

router = APIRouter(tags=["health"])

# Seconds: a probe's own limit is seldom longer.
_ANSWER_WITHIN = 2.0


class Health(BaseModel):
    """What a probe of life gets."""

    status: str


class Readiness(BaseModel):
    """Whether the coordinator can do its work, and if not, why."""

    ready: bool
    reason: str | None = None


@router.get("/healthz", summary="The process lives")
async def healthz() -> Health:
    """Answer as long as the event loop turns, whatever becomes of Redis."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Redis answers",
    responses={503: {"model": Readiness, "description": "Redis does not answer"}},
)
async def readyz(coordinator: TheCoordinator, response: Response) -> Readiness:
    """Say whether Redis answers now, and the services run."""
    reason = await _why_not_ready(coordinator.app.address)
    if reason is None and not coordinator.services.are_running:
        reason = "the services do not run: mount the coordinator by skedulr_coordinator.mount"
    if reason is not None:
        response.status_code = 503
    return Readiness(ready=reason is None, reason=reason)


async def _why_not_ready(address: Address) -> str | None:
    # A connection of its own: a probe wants the answer of now, and asks again by itself.
    redis: Redis = Redis.from_url(
        address.url,
        socket_timeout=_ANSWER_WITHIN,
        socket_connect_timeout=_ANSWER_WITHIN,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        await redis.ping()
    except (RedisError, OSError) as error:
        return f"Redis does not answer: {error}"
    finally:
        await redis.aclose()
    return None
