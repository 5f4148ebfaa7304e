"""Documents of the cluster that are answered when somebody asks and pushed when they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from skedulr.app import Skedulr
from skedulr.flows import looking
from skedulr.schedules.schedule import ScheduleInfo
from skedulr.views import documents
from skedulr.views.instances import read_coordinators, read_workers
from skedulr_coordinator.words import of_schedule


async def instances(app: Skedulr) -> dict[str, Any]:
    """What workers and coordinators report of themselves."""
    workers = await app.aclient.perform(read_workers(app.registry))
    coordinators = await app.aclient.perform(read_coordinators(app.registry))
    return {
        "workers": [documents.of_report(report) for report in workers],
        "coordinators": [documents.of_report(report, "coordinator") for report in coordinators],
    }


async def workflows(
    app: Skedulr, pools: Sequence[str], limit: int, after: tuple[int, str] | None = None
) -> dict[str, Any]:
    """A page of the workflows of those pools, the newest first."""
    steps = looking.newest_of(app.config.namespace, pools, limit + 1, after)
    rows = await app.aclient.perform(steps)
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "workflows": [documents.of_workflow(row) for row in rows[:limit]],
        "next": last and f"{last.created_ms}.{last.name}",
    }


async def schedules(app: Skedulr) -> dict[str, Any]:
    """All schedules, by name."""
    found = await app.schedules.alist()
    return {"schedules": [documents.of_schedule(in_words(each)) for each in found]}


def in_words(found: ScheduleInfo) -> ScheduleInfo:
    """The schedule with its times in plain words."""
    return replace(found, words=of_schedule(found))
