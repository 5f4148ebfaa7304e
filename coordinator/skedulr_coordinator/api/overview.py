"""The cluster as a whole, its pools, and what was done in each of the last minutes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from skedulr import names
from skedulr.views import documents, overview
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp, TheCoordinator
from skedulr_coordinator.api.problems import answers, described
from skedulr_coordinator.timeline import last_minutes

router = APIRouter(prefix="/api", tags=["cluster"], responses=described(503))


@router.get("/overview", responses=answers(models.Overview))
async def get_overview(app: TheApp) -> Response:
    """All pools, and the sums over them."""
    return Document(await app.aclient.perform(overview.overview(app.config.namespace)))


@router.get("/pools", responses=answers(models.Pools))
async def list_pools(app: TheApp) -> Response:
    """Counts and settings of all pools, by name."""
    return Document({"pools": [documents.of_pool(pool) for pool in await app.pools.aall()]})


@router.get("/pools/{pool}", responses=answers(models.Pool) | described(400, 404))
async def get_pool(app: TheApp, pool: str) -> Response:
    """Counts and settings of one pool."""
    return Document(await _pool(app, pool))


@router.get("/pools/{pool}/jobs", responses=answers(models.PoolJobs) | described(400, 404))
async def list_jobs(app: TheApp, pool: str) -> Response:
    """The jobs that workers know in a pool or that are limited there, and how many of each run."""
    if names.pool(pool) not in await app.aclient.perform(overview.pool_names(app.config.namespace)):
        raise _no_such(pool)
    return Document({"jobs": [documents.of_pool_job(job) for job in await app.pools.ajobs(pool)]})


async def _pool(app: TheApp, pool: str) -> dict[str, Any]:
    names.pool(pool)
    for each in await app.pools.aall():
        if each.name == pool:
            return documents.of_pool(each)
    raise _no_such(pool)


def _no_such(pool: str) -> HTTPException:
    return HTTPException(404, f"there is no pool {pool!r}; the first task or worker of it makes it")


@router.post("/pools/{pool}/pause", responses=answers(models.Pool) | described(400))
async def pause_pool(app: TheApp, pool: str) -> Response:
    """Stop the claims of one pool; running tasks go on."""
    await app.pools.apause(pool)
    return Document(await _pool(app, pool))


@router.post("/pools/{pool}/resume", responses=answers(models.Pool) | described(400))
async def resume_pool(app: TheApp, pool: str) -> Response:
    """End the pause of one pool; a pause of the cluster stays."""
    await app.pools.aresume(pool)
    return Document(await _pool(app, pool))


class Scale(BaseModel):
    """How many tasks of a pool run at once in the whole cluster."""

    count: Annotated[int, Field(ge=0, le=2**31, strict=True)] | None
    """``null`` for as many as there are slots."""


@router.post("/pools/{pool}/scale", responses=answers(models.ScaledPool) | described(400))
async def scale_pool(app: TheApp, pool: str, body: Scale) -> Response:
    """Set how many of its tasks run at once; `short` says how many slots are missing for that."""
    scaled = await app.pools.ascale(pool, body.count)
    return Document({**await _pool(app, pool), "short": scaled.short})


class JobLimit(BaseModel):
    """How many tasks of a job run at once in a pool."""

    model_config = {"extra": "forbid"}

    job: str
    count: Annotated[int, Field(ge=0, le=2**31, strict=True)] | None
    """``null`` for what the job's code says."""


@router.post("/pools/{pool}/limit", responses=answers(models.Pool) | described(400))
async def limit_job(app: TheApp, pool: str, body: JobLimit) -> Response:
    """Set how many tasks of a job run at once in the pool, whatever its code says."""
    await app.pools.alimit_job(pool, body.job, body.count)
    return Document(await _pool(app, pool))


class Capacity(BaseModel):
    """At how many unfinished tasks a pool refuses new ones."""

    model_config = {"extra": "forbid"}

    count: Annotated[int, Field(ge=1, le=2**31, strict=True)] | None
    """``null`` for never."""


@router.post("/pools/{pool}/capacity", responses=answers(models.Pool) | described(400))
async def set_capacity(app: TheApp, pool: str, body: Capacity) -> Response:
    """Set at how many unfinished tasks a pool refuses new ones, its `max_capacity`."""
    await app.pools.aset_capacity(pool, body.count)
    return Document(await _pool(app, pool))


@router.get("/timeline", responses=answers(models.Timeline) | described(400))
async def get_timeline(
    coordinator: TheCoordinator,
    pool: str = "",
    minutes: Annotated[int, Query(ge=1, le=1440)] = 60,
) -> Response:
    """What was done in each of the last minutes, oldest first, in one pool or in all."""
    if not pool:
        return Document({"minutes": await coordinator.timeline.last(minutes)})
    client, namespace = coordinator.client, coordinator.app.config.namespace
    wanted = last_minutes(await client.perform(overview.this_minute()), minutes)
    return Document(
        {"minutes": await client.perform(overview.minutes(namespace, [names.pool(pool)], wanted))}
    )
