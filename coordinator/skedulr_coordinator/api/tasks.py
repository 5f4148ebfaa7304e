"""Tasks: found, shown, submitted, cancelled and run again, one by one."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from skedulr import names
from skedulr.errors import InvalidOption
from skedulr.states import BY_LABEL, State
from skedulr.views import documents, explain
from skedulr.views.search import ORDER, Wanted, search
from skedulr.views.task_document import task_document
from skedulr.views.tasks import read_log, read_state
from skedulr.wording import similar
from skedulr_coordinator.api import models
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.moments import moment
from skedulr_coordinator.api.problems import answers, described

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses=described(400, 503))

States = Annotated[list[str] | None, Query(alias="state", description="Any number of them")]
Limit = Annotated[int, Query(ge=1, le=500)]


def states(wanted: list[str] | None) -> list[State]:
    """The states of those names, or all."""
    return [_state(text) for text in wanted or () if text] or list(ORDER)


def _state(text: str) -> State:
    found = BY_LABEL.get(text.lower())
    if found is None:
        raise InvalidOption(
            "state", text, similar(text, BY_LABEL) or f"give one of {', '.join(BY_LABEL)}"
        )
    return found


@router.get("", responses=answers(models.Rows))
async def list_tasks(
    app: TheApp,
    state: States = None,
    pool: str = "",
    job: str = "",
    q: str = "",
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    """Tasks that are under way first, then those that ended, the newest first.

    A page may be short, even empty, and still have a `next` one: a request looks at a bounded
    number of tasks.
    """
    infos = await app.pools.aall()
    if pool:
        infos = [info for info in infos if info.name == names.pool(pool)]
    wanted = Wanted([info.name for info in infos], states(state), job, q)
    page = await app.aclient.perform(search(app.config.namespace, wanted, limit, cursor or None))
    return Document(
        {
            "tasks": [documents.of_row(row) for row in page.rows],
            "next": page.next,
            "counts": documents.of_counts(documents.summed(infos)),
        }
    )


class Submission(BaseModel):
    """A task to submit; `options` are those of `using` in Python."""

    model_config = {"extra": "forbid"}

    job: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    pool: str | None = None
    options: dict[str, Any] = Field(
        default={},
        description="priority, key, on_duplicate, group, id, delay, at (ISO 8601), expires, "
        "timeout, max_retries, retry (text such as linear(3, delay=10s)), result_ttl, meta, "
        "on_success, on_failure (an id or several); spans are seconds or text such as 15m",
    )


@router.post(
    "", status_code=201, responses=answers(models.Task, status=201) | described(409, 413, 429, 507)
)
async def submit(app: TheApp, body: Submission) -> Response:
    """Submit a task by the name of its job, whose code need not be here."""
    task = await app.aenqueue(body.job, body.args, body.kwargs, **_options(body))
    location = f"tasks/{task.pool}/{quote(task.id, safe='')}"
    return Document(await document(app, task.pool, task.id), 201, headers={"Location": location})


def _options(body: Submission) -> Any:
    """The options as Python takes them."""
    given = dict(body.options)
    if body.pool is not None:
        given["pool"] = body.pool
    if isinstance(at := given.get("at"), str):
        given["at"] = moment("at", at)
    return given


async def document(app: TheApp, pool: str, task_id: str) -> dict[str, Any]:
    """All about a task, with its lineage."""
    return await app.aclient.perform(task_document(app.keys(names.pool(pool)), task_id))


@router.get("/{pool}/{task_id}", responses=answers(models.Task) | described(404))
async def get_task(app: TheApp, pool: str, task_id: str) -> Response:
    """All about one task."""
    return Document(await document(app, pool, task_id))


@router.get("/{pool}/{task_id}/log", responses=answers(models.Log) | described(404))
async def get_log(
    app: TheApp,
    pool: str,
    task_id: str,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Response:
    """The lines of a task's log behind the first `after` ones; `next` is the `after` to go on
    with. The newest 1,000 lines of a task are kept.
    """
    keys = app.keys(names.pool(pool))
    await app.aclient.perform(read_state(keys, task_id))
    lines = await app.aclient.perform(read_log(keys, task_id, after, limit))
    return Document(
        {"lines": [documents.of_log_line(line) for line in lines], "next": after + len(lines)}
    )


@router.get("/{pool}/{task_id}/explain", responses=answers(models.Explanation) | described(404))
async def get_explanation(app: TheApp, pool: str, task_id: str) -> Response:
    """Why a task is not running, in plain words; `position` and `estimate_s` while it is queued."""
    keys = app.keys(names.pool(pool))
    return Document(explain.document(await app.aclient.perform(explain.explain(keys, task_id))))
