"""Cancelling tasks and running them again: one, those that are named, or all of a filter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from skedulr import names, operations
from skedulr.app import Skedulr
from skedulr.errors import RedisUnavailable, SkedulrError
from skedulr.states import LIVE, State
from skedulr.task import Task
from skedulr.views.search import Wanted, search
from skedulr_coordinator.api import models, tasks
from skedulr_coordinator.api.answers import Document
from skedulr_coordinator.api.context import TheApp
from skedulr_coordinator.api.problems import answers, described

router = APIRouter(prefix="/api/tasks", tags=["tasks"], responses=described(400, 503))

MOST: Final = 1000
"""Tasks that one request acts on."""

AT_ONCE: Final = 50
MOST_REFUSALS: Final = 100
"""Refusals that an answer tells of."""

RESUBMITTED: Final = (State.FAILED, State.DEAD, State.CANCELLED)


class Force(BaseModel):
    """How to run a task again."""

    force: bool = False
    """Also one that succeeded."""


class Filter(BaseModel):
    """Tasks by what they are; whatever is left out does not matter."""

    model_config = {"extra": "forbid"}

    state: str | list[str] | None = None
    pool: str | None = None
    job: str | None = None
    q: str | None = None


class Many(BaseModel):
    """Which tasks are meant: `names`, or a `filter`."""

    model_config = {"extra": "forbid"}

    names: Annotated[list[str], Field(max_length=MOST)] | None = None
    """`pool/id`, or ids that one pool has."""
    filter: Filter | None = None
    preview: bool = False
    """Say how many would be meant, and do nothing."""
    cursor: str | None = None
    """`next` of the answer before, to go on where a filter finds more than one request takes."""
    force: bool = False
    """Resubmit those that succeeded, too."""


class Action(NamedTuple):
    """What is done to each task."""

    states: tuple[State, ...]
    """States in which a filter finds tasks for it."""
    act: Callable[[Task[Any]], Awaitable[object]]


@router.post("/{pool}/{task_id}/cancel", responses=answers(models.Task) | described(404, 409))
async def cancel_task(app: TheApp, pool: str, task_id: str) -> Response:
    """Cancel a task; one that runs is asked to stop, and says so by `cancel_requested`."""
    task = Task[Any](app, names.pool(pool), task_id)
    await task.acancel()
    return Document(await tasks.document(app, pool, task_id))


@router.post(
    "/{pool}/{task_id}/resubmit", responses=answers(models.Task) | described(404, 409, 429, 507)
)
async def resubmit_task(
    app: TheApp, pool: str, task_id: str, body: Force | None = None
) -> Response:
    """Run a failed, dead or cancelled task again."""
    task = Task[Any](app, names.pool(pool), task_id)
    await task.aresubmit(force=bool(body and body.force))
    return Document(await tasks.document(app, pool, task_id))


@router.post("/cancel", responses=answers(models.Outcome))
async def cancel_many(app: TheApp, body: Many) -> Response:
    """Cancel many tasks; the answer counts them, and tells of those that were refused."""
    return await _many(app, body, Action(LIVE, lambda task: task.acancel()))


@router.post("/resubmit", responses=answers(models.Outcome))
async def resubmit_many(app: TheApp, body: Many) -> Response:
    """Run many tasks again; the answer counts them, and tells of those that were refused."""
    states = (*RESUBMITTED, State.SUCCEEDED) if body.force else RESUBMITTED
    return await _many(app, body, Action(states, lambda task: task.aresubmit(force=body.force)))


async def _many(app: Skedulr, body: Many, action: Action) -> Response:
    if (body.names is None) == (body.filter is None):
        raise HTTPException(400, "give either names or a filter; an empty filter means all tasks")
    if body.names is not None:
        if body.preview:
            return _told(len(body.names), 0, [], None)
        return await _named(app, body.names, action)
    assert body.filter is not None
    return await _filtered(app, body.filter, body, action)


async def _named(app: Skedulr, wanted: Sequence[str], action: Action) -> Response:
    refused: list[dict[str, str]] = []
    found: list[Task[Any]] = []
    once = list(dict.fromkeys(wanted))
    meant = await app.aclient.perform(operations.find_all(app.config.namespace, once))
    for name, each in zip(once, meant, strict=True):
        if isinstance(each, SkedulrError):
            refused.append({"name": name, "reason": str(each)})
        else:
            keys, task_id = each
            found.append(Task[Any](app, keys.pool, task_id))
    done = await _each(found, action, refused)
    return _told(len(once), done, refused, None)


async def _filtered(app: Skedulr, given: Filter, body: Many, action: Action) -> Response:
    texts = [given.state] if isinstance(given.state, str) else given.state
    states = [state for state in tasks.states(texts) if state in action.states]
    pools = [info for info in await app.pools.aall() if given.pool in (None, "", info.name)]
    wanted = Wanted([info.name for info in pools], states, given.job or "", given.q or "")
    if body.preview and wanted.is_exact:
        return _told(sum(info.counts[state] for info in pools for state in states), 0, [], None)
    page = await app.aclient.perform(
        search(app.config.namespace, wanted, MOST, body.cursor or None)
    )
    if body.preview:
        return _told(len(page.rows), 0, [], page.next)
    refused: list[dict[str, str]] = []
    found = [Task[Any](app, row.pool, row.id) for row in page.rows]
    return _told(len(found), await _each(found, action, refused), refused, page.next)


async def _each(found: Sequence[Task[Any]], action: Action, refused: list[dict[str, str]]) -> int:
    """Act on each, whatever becomes of the others; answers for how many it worked."""
    done = 0
    for first in range(0, len(found), AT_ONCE):
        some = found[first : first + AT_ONCE]
        outcomes = await asyncio.gather(
            *(action.act(task) for task in some), return_exceptions=True
        )
        for task, outcome in zip(some, outcomes, strict=True):
            if not isinstance(outcome, BaseException):
                done += 1
            elif isinstance(outcome, SkedulrError) and not isinstance(outcome, RedisUnavailable):
                refused.append({"name": task.name, "reason": str(outcome)})
            else:
                raise outcome
    return done


def _told(matched: int, done: int, refused: list[dict[str, str]], cursor: str | None) -> Response:
    return Document(
        {
            "matched": matched,
            "done": done,
            "refused": refused[:MOST_REFUSALS],
            "refused_count": len(refused),
            "more": cursor is not None,
            "next": cursor,
        }
    )
