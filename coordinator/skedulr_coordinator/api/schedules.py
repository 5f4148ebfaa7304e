"""Schedules: listed, made, paused, removed and run by hand."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from skedulr.views import documents
from skedulr_coordinator import views
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.moments import moment
from skedulr_coordinator.api.problems import answers, described
from skedulr_coordinator.api.tasks import document

router = APIRouter(prefix="/api/schedules", tags=["schedules"], responses=described(400, 503))


class NewSchedule(BaseModel):
    """What to run, and when: exactly one of `at`, `every` and `cron`."""

    model_config = {"extra": "forbid"}

    name: str
    job: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    options: dict[str, Any] = Field(default={}, description="As for a task, but no id, delay, at")
    at: str | None = Field(default=None, description="ISO 8601 with a zone")
    every: float | str | None = Field(default=None, description="Seconds, or text such as 15m")
    cron: str | None = Field(default=None, description="Five fields")
    tz: str | None = Field(default=None, description="Time zone of `cron`; UTC unless given")
    catch_up: str | None = Field(default=None, description="skip, latest, all or all(n)")
    overlap: str | None = Field(default=None, description="allow or skip")
    jitter: float | str | None = None


@router.get("", responses=answers(models.Schedules))
async def list_schedules(app: TheApp) -> Response:
    """All schedules, by name."""
    return Document(await views.schedules(app))


@router.post("", status_code=201, responses=answers(models.Schedule, status=201) | described(409))
async def make_schedule(app: TheApp, body: NewSchedule) -> Response:
    """Make a schedule, or replace the one of that name; code's own cannot be replaced."""
    times = body.model_dump(exclude={"name", "job", "args", "kwargs", "options"}, exclude_none=True)
    if body.at is not None:
        times["at"] = moment("at", body.at)
    call = app.call(body.job, body.args, body.kwargs, **body.options)
    await app.aschedule(body.name, call, **times)
    made = documents.of_schedule(views.in_words(await app.schedules.aget(body.name)))
    return Document(made, 201, headers={"Location": f"schedules/{quote(body.name, safe='')}"})


@router.get("/{name}", responses=answers(models.ScheduleWithRuns) | described(404))
async def get_schedule(app: TheApp, name: str) -> Response:
    """One schedule with its past runs, the newest first."""
    found = await app.schedules.aget(name)
    return Document(documents.of_schedule_with_runs(views.in_words(found)))


@router.delete("/{name}", status_code=204, responses=described(404, 409))
async def remove_schedule(app: TheApp, name: str) -> Response:
    """Remove a schedule; tasks that it has enqueued stay."""
    await app.schedules.aremove(name)
    return Response(status_code=204)


@router.post("/{name}/pause", responses=answers(models.ScheduleWithRuns) | described(404))
async def pause_schedule(app: TheApp, name: str) -> Response:
    """Stop a schedule until it is resumed, whatever is deployed meanwhile."""
    await app.schedules.apause(name)
    return await get_schedule(app, name)


@router.post("/{name}/resume", responses=answers(models.ScheduleWithRuns) | described(404))
async def resume_schedule(app: TheApp, name: str) -> Response:
    """Let a schedule go on with its next slot."""
    await app.schedules.aresume(name)
    return await get_schedule(app, name)


@router.post(
    "/{name}/run",
    status_code=201,
    responses=answers(models.Task, status=201) | described(404, 409, 429),
)
async def run_schedule(app: TheApp, name: str) -> Response:
    """Run what it runs once more, now; the answer is the task."""
    task = await app.schedules.arun_now(name)
    return Document(await document(app, task.pool, task.id), 201)
