"""The six endpoints that the first skedulr had, with its paths and field names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from skedulr.app import Skedulr
from skedulr.states import LIVE, TERMINAL, State
from skedulr.views import overview
from skedulr.views.instances import read_paused
from skedulr.views.pools import PoolInfo
from skedulr.views.rows import TaskRow
from skedulr.views.search import Wanted, search
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.problems import answers, described
from skedulr_coordinator.api.tasks import states

router = APIRouter(prefix="/api", tags=["original"], responses=described(400, 503))

LONGEST: Final = 50
"""Tasks in a list."""

MOST_LOOKED_AT: Final = 250
"""Tasks that are looked at for each list."""

Name = Annotated[str, Query(min_length=1, description="An id, or pool/id where pools share one")]


@router.get("/stats", responses=answers(models.Stats))
async def get_stats(
    app: TheApp,
    task_id: Annotated[str, Query(alias="id")] = "",
    job: Annotated[str, Query(alias="type")] = "",
    status: str = "",
    q: str = "",
) -> Response:
    """Counters of the cluster, and the newest tasks: under way, and ended.

    `id` is a task's id, `type` its job, `status` its state, `q` a part of its id or its job.
    """
    pools = await app.pools.aall()
    chosen = states([status] if status else None)
    totals = overview.totals(pools)
    paused = await app.aclient.perform(read_paused(app.registry))
    wanted = Wanted([], chosen, job, task_id or q)
    active = await _rows(app, wanted, pools, [state for state in LIVE if state in chosen])
    ended = [await _rows(app, wanted, pools, [state]) for state in TERMINAL if state in chosen]
    history = sorted(chain.from_iterable(ended), key=lambda row: -row.at_ms)
    if task_id:  # then q is one more thing that has to hold
        active, history = _only(task_id, q, active), _only(task_id, q, history)
    return Document(
        {
            "queue_size": sum(pool.counts[State.QUEUED] for pool in pools),
            "success_count": totals.get("succeeded", 0),
            "failure_count": totals.get("attempts_failed", 0),
            "dead_count": sum(pool.counts[State.DEAD] for pool in pools),
            "panic_count": totals.get("panics", 0),
            "current_workers": sum(pool.slots for pool in pools),
            "active_tasks": [_task(row) for row in active],
            "history": [_task(row) for row in history[:LONGEST]],
            "pools": [
                {
                    "name": pool.name,
                    "workers": pool.slots,
                    "queue_size": pool.counts[State.QUEUED],
                }
                for pool in pools
            ],
            "is_paused": paused,
        }
    )


async def _rows(
    app: Skedulr, wanted: Wanted, pools: Iterable[PoolInfo], states: Sequence[State]
) -> list[TaskRow]:
    """The first tasks in those states, asked of the pools that have some; the lists of ended ones
    begin with the newest.
    """
    there = [pool.name for pool in pools if any(pool.counts[state] for state in states)]
    if not there:
        return []
    some = replace(wanted, pools=there, states=states)
    page = await app.aclient.perform(
        search(app.config.namespace, some, LONGEST, looks_at=MOST_LOOKED_AT)
    )
    return page.rows


def _only(task_id: str, text: str, rows: list[TaskRow]) -> list[TaskRow]:
    """The tasks of that very id, or full name, that hold the text."""
    return [
        row
        for row in rows
        if task_id in (row.id, f"{row.pool}/{row.id}")
        and text.casefold() in f"{row.id} {row.job}".casefold()
    ]


def _task(row: TaskRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "pool": row.pool,
        "name": f"{row.pool}/{row.id}",
        "key": row.key or None,
        "type": row.job,
        "status": row.state.label,
        "priority": row.priority,
        "progress": 0 if row.percent is None else row.percent,
    }


@router.post("/cancel", responses=answers(models.Acted) | described(404, 409))
async def cancel(app: TheApp, task_id: Annotated[Name, Query(alias="id")]) -> Response:
    """Cancel a task; one that runs is asked to stop."""
    task = await app.atask(task_id)
    ended = await task.acancel()
    return Document(
        {"id": task.id, "name": task.name, "status": "cancelled" if ended else "requested"}
    )


@router.post("/resubmit", responses=answers(models.Acted) | described(404, 409, 429, 507))
async def resubmit(app: TheApp, task_id: Annotated[Name, Query(alias="id")]) -> Response:
    """Run a failed, dead or cancelled task again."""
    task = await app.atask(task_id)
    await task.aresubmit()
    return Document({"id": task.id, "name": task.name, "status": "resubmitted"})


@router.post("/pause", responses=answers(models.Paused))
async def pause(app: TheApp) -> Response:
    """Stop all claims of the cluster; running tasks go on."""
    await app.apause()
    return Document({"is_paused": True})


@router.post("/resume", responses=answers(models.Paused))
async def resume(app: TheApp) -> Response:
    """End the pause of the cluster."""
    await app.aresume()
    return Document({"is_paused": False})


@router.post("/scale", responses=answers(models.Scaled))
async def scale(
    app: TheApp,
    pool: Annotated[str, Query(min_length=1)],
    count: Annotated[int, Query(ge=0, le=2**31)],
) -> Response:
    """Set how many tasks of a pool run at once in the whole cluster."""
    scaled = await app.pools.ascale(pool, count)
    return Document(
        {"pool": pool, "count": scaled.limit, "workers": scaled.slots, "short": scaled.short}
    )
