"""Tasks over HTTP: found page by page, shown, submitted, cancelled and run again."""

import time
from typing import Any

import httpx
import pytest

from skedulr import Skedulr, State
from tests.support.crews import Crew


async def pages(api: httpx.AsyncClient, **query: Any) -> list[list[str]]:
    """The names on each page."""
    found, cursor = [], ""
    while True:
        answer = await api.get("/api/tasks", params={**query, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append([task["name"] for task in page["tasks"]])
        if page["next"] is None:
            return found
        cursor = page["next"]


async def test_pages_hold_every_task_once(app: Skedulr, api: httpx.AsyncClient, crew: Crew) -> None:
    for number in range(30):
        pool = f"p{number % 3}"
        task = await app.aenqueue("job", pool=pool, id=f"ended-{number}")
        await crew.end(task, (State.SUCCEEDED, State.DEAD)[number % 2])
    await app.aenqueue_many(app.call("job", pool=f"p{n % 3}") for n in range(40))
    await app.aenqueue_many(app.call("job", pool=f"p{n % 3}", delay=60 + n) for n in range(20))
    await crew.claim(await app.aenqueue("job", pool="p4"))

    found = await pages(api, limit=7)

    names = [name for page in found for name in page]
    assert len(names) == len(set(names)) == 91
    assert all(len(page) <= 7 for page in found)


async def test_tasks_that_ended_in_the_same_moment_are_all_listed(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    await app.aenqueue_many(app.call("job", pool=f"p{n % 2}") for n in range(60))
    done = await api.post("/api/tasks/cancel", json={"filter": {}})
    assert done.json()["done"] == 60
    moment = int(time.time() * 1000)  # not long ago: a sweep would take them away
    for pool in ("p0", "p1"):
        keys = app.keys(pool)
        ids = await app.aclient.ask(("ZRANGE", keys.done_cancelled, 0, -1))
        scored = [part for each in ids[0] for part in (moment, each)]
        await app.aclient.ask(("ZADD", keys.done_cancelled, *scored))
    names = [name for page in await pages(api, state="cancelled", limit=11) for name in page]
    assert len(names) == len(set(names)) == 60


async def test_what_is_under_way_comes_first_and_of_ended_ones_the_newest(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    for name in ("old", "new"):
        await crew.end(await app.aenqueue("job", id=name, pool=name), State.SUCCEEDED)
    await app.aenqueue("job", id="low")
    await app.aenqueue("job", id="high", priority=9)
    await app.aenqueue("job", id="later", delay=60)
    await app.aenqueue("job", id="sooner", delay=30)
    await crew.claim(await app.aenqueue("job", id="runs", pool="mail"))
    (names,) = await pages(api)
    assert [name.rpartition("/")[2] for name in names] == [
        *("runs", "high", "low", "sooner", "later", "new", "old")
    ]


async def test_a_page_goes_on_where_the_last_ended_whatever_came_meanwhile(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    for number in range(6):
        await app.aenqueue("job", id=f"t{number}")
    first = (await api.get("/api/tasks", params={"limit": 2})).json()
    await app.aenqueue("job", id="urgent", priority=5)
    await (await app.atask("default/t2")).acancel()
    second = (await api.get("/api/tasks", params={"limit": 2, "cursor": first["next"]})).json()
    assert [task["id"] for task in second["tasks"]] == ["t3", "t4"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"pool": "mail"}, {"letter"}),
        ({"pool": "nowhere"}, set()),
        ({"job": "job"}, {"import", "export"}),
        ({"state": "scheduled"}, {"export"}),
        ({"state": ["queued", "scheduled"]}, {"import", "export", "letter"}),
        ({"q": "PORT"}, {"import", "export"}),
        ({"q": "mail/letter"}, {"letter"}),
        ({"q": "port", "state": "queued"}, {"import"}),
        ({"q": "nothing"}, set()),
    ],
)
async def test_filters(
    app: Skedulr, api: httpx.AsyncClient, query: dict[str, Any], ids: set[str]
) -> None:
    await app.aenqueue("job", id="import")
    await app.aenqueue("job", id="export", delay=60)
    await app.aenqueue("mail", id="letter", pool="mail")
    names = [name for page in await pages(api, **query) for name in page]
    assert {name.rpartition("/")[2] for name in names} == ids


async def test_a_task_of_that_very_id_stands_first_and_once(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr.views.search.CHUNK", 10)
    await app.aenqueue_many(app.call("job") for _ in range(40))
    await app.aenqueue("job", id="needle")
    found = await pages(api, q="needle")
    assert found[0] == ["default/needle"]
    assert sum(len(page) for page in found) == 1


async def test_a_search_asks_redis_for_no_more_than_it_says(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    await app.aenqueue_many(app.call("job") for _ in range(1300))
    answer = (await api.get("/api/tasks", params={"job": "other"})).json()
    assert answer["tasks"] == []
    assert answer["next"] is not None


@pytest.mark.parametrize("cursor", ["x", "AAAA", "lAPLf_AAAAAAAACnZGVmYXVsdMQBYQ", "é", "kQM=="])
async def test_a_cursor_that_is_none_is_refused(api: httpx.AsyncClient, cursor: str) -> None:
    answer = await api.get("/api/tasks", params={"cursor": cursor, "state": "dead"})
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


async def test_a_task_is_shown_with_all_that_is_known(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    task = await app.aenqueue("job", args=[2**70, b"half \\ud800".decode()], id="t")
    await crew.end(task, State.DEAD, error="it broke \\")
    found = (await api.get("/api/tasks/default/t")).json()
    assert (found["state"], found["args"][0]) == ("dead", 2**70)
    assert found["failed_attempts"][0]["error"] == "it broke \\"


async def test_an_id_may_hold_what_a_url_must_encode(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="50%?#ü&")
    answer = await api.get("/api/tasks/default/50%25%3F%23%C3%BC%26")
    assert answer.json()["id"] == "50%?#ü&"


async def test_submitting_answers_the_task_and_where_it_is(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    body = {
        "job": "send",
        "args": ["a@b.c"],
        "kwargs": {"subject": "hi"},
        "pool": "mail",
        "options": {
            "priority": 5,
            "id": "t",
            "at": "2030-01-31T12:00:00Z",
            "meta": {"by": "me"},
            "retry": "linear(3, delay=10s)",
        },
    }
    answer = await api.post("/api/tasks", json=body)
    assert answer.status_code == 201
    there = answer.url.join(answer.headers["location"])
    assert (await api.get(there)).json()["name"] == "mail/t"
    info = await (await app.atask("mail/t")).ainfo()
    assert (info.args, info.kwargs, info.priority) == (["a@b.c"], {"subject": "hi"}, 5)
    assert answer.json()["due_at"] == "2030-01-31T12:00:00.000Z"
    assert (await api.post("/api/tasks", json=body)).status_code == 409


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "job"),
        ({"job": ""}, "job name"),
        ({"job": "a", "colour": 1}, "colour"),
        ({"job": "a", "args": "text"}, "args"),
        ({"job": "a", "options": {"colour": 1}}, "colour"),
        ({"job": "a", "options": {"priority": "high"}}, "priority"),
        ({"job": "a", "options": {"at": "tomorrow"}}, "at"),
        ({"job": "a", "options": {"at": "2030-01-01"}}, "at"),
        ({"job": "a", "options": {"id": 5}}, "task id"),
        ({"job": "a", "pool": "a b"}, "pool name"),
        ([], "body"),
    ],
)
async def test_a_wrong_submission_says_what_is_wrong(
    api: httpx.AsyncClient, body: object, word: str
) -> None:
    answer = await api.post("/api/tasks", json=body)
    assert answer.status_code == 400, answer.text
    assert word in answer.json()["detail"]


async def test_a_record_that_nobody_can_read_hides_no_other_task(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    for task_id in ("broken", "whole"):
        await app.aenqueue("job", id=task_id)
    await app.aclient.ask(("HSET", app.keys("default").tasks, "broken", b"\xc1"))
    answer = await api.get("/api/tasks")
    assert answer.status_code == 200, answer.text
    broken, whole = answer.json()["tasks"]
    assert (broken["id"], broken["job"], broken["enqueued_at"]) == ("broken", "?", None)
    assert whole["job"] == "job"


async def test_a_body_that_is_no_json_says_what_to_send(api: httpx.AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await api.post(
            "/api/tasks", content=b'{"job": "j"}', headers={"Content-Type": content_type}
        )
        assert answer.status_code == 400
        assert "Content-Type: application/json" in answer.json()["detail"]


async def test_a_full_pool_is_said(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.pools.aset_capacity("small", 1)
    await api.post("/api/tasks", json={"job": "a", "pool": "small"})
    answer = await api.post("/api/tasks", json={"job": "a", "pool": "small"})
    assert answer.status_code == 429
    assert "max_capacity" in answer.json()["detail"]


async def test_a_full_pool_takes_no_task_again(app: Skedulr, api: httpx.AsyncClient) -> None:
    await (await app.aenqueue("a", pool="small", id="t")).acancel()
    await app.aenqueue("a", pool="small")
    await app.pools.aset_capacity("small", 1)
    for path in ("/api/tasks/small/t/resubmit", "/api/resubmit?id=t"):
        answer = await api.post(path)
        assert answer.status_code == 429
        assert "max_capacity" in answer.json()["detail"]
    many = (await api.post("/api/tasks/resubmit", json={"filter": {}})).json()
    assert (many["done"], many["refused_count"]) == (0, 1)


async def test_one_task_is_cancelled_and_run_again(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="t")
    assert (await api.post("/api/tasks/default/t/cancel")).json()["state"] == "cancelled"
    assert (await api.post("/api/tasks/default/t/resubmit")).json()["state"] == "queued"
    assert (await api.post("/api/tasks/default/t/resubmit")).status_code == 409
    assert (await api.post("/api/tasks/default/nobody/cancel")).status_code == 404


async def test_a_task_that_succeeded_runs_again_by_force(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    await crew.end(await app.aenqueue("job", id="t"), State.SUCCEEDED)
    path = "/api/tasks/default/t/resubmit"
    assert (await api.post(path)).status_code == 409
    assert (await api.post(path, json={"force": True})).json()["state"] == "queued"


async def test_it_is_said_why_a_task_is_not_running(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="t")
    found = (await api.get("/api/tasks/default/t/explain")).json()
    assert (found["running"], found["position"], found["estimate_s"]) == (False, 1, None)
    assert found["reasons"][0]["code"] == "no_worker"
    assert (await api.get("/api/tasks/default/nobody/explain")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/pools/default/scale", {"count": True}),
        ("/api/pools/default/scale", {"count": "5"}),
        ("/api/pools/default/limit", {"job": "a", "count": 1.5}),
        ("/api/schedules", {"name": "s", "job": "a", "at": "0001-01-01T00:00:00+14:00"}),
        ("/api/schedules", {"name": "s", "job": "a", "at": "9999-12-31T23:59:59-14:00"}),
        ("/api/tasks", {"job": "a", "options": {"at": "9999-12-31T23:59:59-14:00"}}),
    ],
)
async def test_what_no_number_and_no_calendar_has_is_refused(
    api: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answer = await api.post(path, json=body)
    assert answer.status_code == 400, answer.text


async def test_a_log_is_not_asked_for_beyond_any_line(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="t")
    answer = await api.get(f"/api/tasks/default/t/log?after={10**25}")
    assert answer.status_code == 400


async def test_half_a_character_is_found_nowhere(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue("job", id="t")
    headers = {"Content-Type": "application/json"}
    body = b'{"filter": {"q": "\\ud800"}}'
    answer = await api.post("/api/tasks/cancel", content=body, headers=headers)
    assert (answer.status_code, answer.json()["matched"]) == (200, 0)
