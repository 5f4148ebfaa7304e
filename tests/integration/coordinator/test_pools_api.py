"""Pools over HTTP: which jobs they have."""

import httpx

from skedulr import Skedulr
from tests.support.crews import Crew


async def test_the_jobs_of_a_pool_are_those_that_its_workers_know(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    await crew.claim(await app.aenqueue("job"))
    answer = await api.get("/api/pools/default/jobs")
    assert [(job["name"], job["running"]) for job in answer.json()["jobs"]] == [
        ("job", 1),
        ("mail", 0),
    ]
    missing = await api.get("/api/pools/nobody/jobs")
    assert missing.status_code == 404
    assert "the first task or worker of it makes it" in missing.json()["detail"]


async def test_a_pool_is_told_at_how_many_tasks_it_refuses_new_ones(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    await app.aenqueue("job")
    answer = await api.post("/api/pools/default/capacity", json={"count": 1})
    assert answer.json()["max_capacity"] == 1
    assert (await api.post("/api/tasks", json={"job": "job"})).status_code == 429
    answer = await api.post("/api/pools/default/capacity", json={"count": None})
    assert answer.json()["max_capacity"] is None
    assert (await api.post("/api/pools/default/capacity", json={"count": 0})).status_code == 400
