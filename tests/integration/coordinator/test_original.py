"""The six endpoints of the first skedulr: their paths, their fields, their errors."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from skedulr import Skedulr, State
from skedulr_coordinator import create_app
from tests.integration.coordinator.conftest import browsing
from tests.support.apps import MakeApp
from tests.support.crews import Crew
from tests.support.own_server import OwnServer

STATS = {
    "queue_size",
    "success_count",
    "failure_count",
    "dead_count",
    "panic_count",
    "current_workers",
    "active_tasks",
    "history",
    "pools",
    "is_paused",
}


async def stats(api: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await api.get("/api/stats", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_stats_of_an_empty_cluster_has_all_fields(api: httpx.AsyncClient) -> None:
    found = await stats(api)
    assert set(found) >= STATS
    assert found["active_tasks"] == found["history"] == found["pools"] == []
    assert found["is_paused"] is False


async def test_stats_counts_and_lists_tasks(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    await app.aenqueue("job", id="waits", priority=3)
    await app.aenqueue("job", id="later", delay=60)
    await crew.end(await app.aenqueue("mail", pool="mail", id="sent"), State.SUCCEEDED)
    await crew.end(await app.aenqueue("mail", pool="mail", id="broken"), State.DEAD)

    found = await stats(api)

    counters = {name: found[name] for name in ("queue_size", "success_count", "dead_count")}
    assert counters == {"queue_size": 1, "success_count": 1, "dead_count": 1}
    assert found["failure_count"] == 1
    assert found["pools"] == [
        {"name": "default", "workers": 0, "queue_size": 1},
        {"name": "mail", "workers": 1, "queue_size": 0},
    ]
    assert {task["id"]: task["status"] for task in found["active_tasks"]} == {
        "waits": "queued",
        "later": "scheduled",
    }
    assert [task["id"] for task in found["history"]] == ["broken", "sent"], "the newest first"
    assert found["active_tasks"][0] == {
        "id": "waits",
        "pool": "default",
        "name": "default/waits",
        "type": "job",
        "status": "queued",
        "priority": 3,
        "progress": 0,
        "key": None,
    }


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"id": "import-1"}, {"import-1"}),
        ({"id": "default/import-1"}, {"import-1"}),
        ({"id": "import"}, set()),
        ({"type": "mail"}, {"letter"}),
        ({"status": "scheduled"}, {"import-2"}),
        ({"status": "dead"}, set()),
        ({"q": "IMPORT"}, {"import-1", "import-2"}),
        ({"q": "mai"}, {"letter"}),
        ({"q": "import", "status": "queued"}, {"import-1"}),
        ({"id": "import-1", "q": "mail"}, set()),
    ],
)
async def test_stats_filters(
    app: Skedulr, api: httpx.AsyncClient, query: dict[str, str], ids: set[str]
) -> None:
    await app.aenqueue("job", id="import-1")
    await app.aenqueue("job", id="import-2", delay=60)
    await app.aenqueue("mail", id="letter")
    found = await stats(api, **query)
    assert {task["id"] for task in found["active_tasks"] + found["history"]} == ids


async def test_many_dead_tasks_hide_no_newer_success(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    for number in range(51):
        await crew.end(await app.aenqueue("job", id=f"dead-{number}"), State.DEAD)
    await crew.end(await app.aenqueue("job", id="fine"), State.SUCCEEDED)
    history = (await stats(api))["history"]
    assert (len(history), history[0]["id"]) == (50, "fine")


async def test_cancel_and_resubmit_by_id(app: Skedulr, api: httpx.AsyncClient) -> None:
    task = await app.aenqueue("job", id="import-job", pool="mail")
    cancelled = await api.post("/api/cancel", params={"id": "import-job"})
    assert cancelled.json()["name"] == "mail/import-job"
    assert cancelled.json()["status"] == "cancelled"
    assert await task.astatus() is State.CANCELLED
    again = await api.post("/api/resubmit", params={"id": "mail/import-job"})
    assert (again.status_code, again.json()["status"]) == (200, "resubmitted")
    assert await task.astatus() is State.QUEUED


async def test_pause_and_resume_hold_for_the_cluster(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job")
    assert (await api.post("/api/pause")).json() == {"is_paused": True}
    assert [pool.paused for pool in await app.pools.aall()] == [True]
    assert (await stats(api))["is_paused"] is True
    assert (await api.post("/api/resume")).json() == {"is_paused": False}
    assert [pool.paused for pool in await app.pools.aall()] == [False]


async def test_scale_sets_the_limit_and_says_what_is_short(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    answer = await api.post("/api/scale", params={"pool": "mail", "count": "3"})
    assert answer.json() == {"pool": "mail", "count": 3, "workers": 0, "short": 3}
    assert [pool.limit for pool in await app.pools.aall()] == [3]


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("POST", "/api/cancel", 400, "id"),
        ("POST", "/api/cancel?id=", 400, "id"),
        ("POST", "/api/cancel?id=a%20b", 400, "task id"),
        ("POST", "/api/cancel?id=nobody", 404, "nobody"),
        ("POST", "/api/resubmit", 400, "id"),
        ("POST", "/api/resubmit?id=nobody", 404, "nobody"),
        ("POST", "/api/scale", 400, "pool"),
        ("POST", "/api/scale?pool=mail", 400, "count"),
        ("POST", "/api/scale?pool=mail&count=many", 400, "count"),
        ("POST", "/api/scale?pool=mail&count=-1", 400, "count"),
        ("POST", "/api/scale?pool=a/b&count=1", 400, "pool"),
        ("GET", "/api/stats?status=sleepy", 400, "sleepy"),
        ("GET", "/api/cancel?id=x", 405, "not allowed here; use"),
        ("GET", "/api/resubmit?id=x", 405, "not allowed here; use"),
        ("GET", "/api/pause", 405, "not allowed here; use"),
        ("GET", "/api/resume", 405, "not allowed here; use"),
        ("GET", "/api/scale?pool=x&count=1", 405, "not allowed here; use"),
        ("POST", "/api/stats", 405, "not allowed here; use"),
        ("DELETE", "/api/stats", 405, "not allowed here; use"),
        ("GET", "/api/nothing", 404, "Not Found"),
    ],
)
async def test_what_is_wrong_is_said_in_json(
    api: httpx.AsyncClient, method: str, path: str, status: int, word: str
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert word in problem["detail"]


@pytest.mark.parametrize(("state", "verb"), [(State.SUCCEEDED, "cancel"), (None, "resubmit")])
async def test_a_wrong_state_is_a_conflict(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew, state: State | None, verb: str
) -> None:
    task = await app.aenqueue("job", id="t")
    if state is not None:
        await crew.end(task, state)
    answer = await api.post(f"/api/{verb}", params={"id": "t"})
    assert answer.status_code == 409
    assert "cannot" in answer.json()["detail"]


async def test_an_id_of_two_pools_is_a_conflict(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="t", pool="a")
    await app.aenqueue("job", id="t", pool="b")
    answer = await api.post("/api/cancel", params={"id": "t"})
    assert answer.status_code == 409
    assert "a/t, b/t" in answer.json()["detail"]


async def test_redis_away_is_said_and_shows_no_password(
    own_server: Callable[..., OwnServer], make_app: MakeApp
) -> None:
    redis = own_server()
    app = make_app(redis.url, time_limit=0.2)
    redis.kill()
    async with browsing(create_app(app)) as client:
        answer = await client.get("/api/stats")
    assert answer.status_code == 503
    password = redis.url.partition("//:")[2].partition("@")[0]
    assert password
    assert password not in answer.text


async def test_a_wrong_method_is_told_all_that_are_right(api: httpx.AsyncClient) -> None:
    assert (await api.put("/api/schedules")).headers["allow"] == "GET, HEAD, POST"
    assert (await api.get("/api/pause")).headers["allow"] == "POST"
