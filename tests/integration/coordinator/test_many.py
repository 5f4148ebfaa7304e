"""Many tasks at once: by their names, or by a filter, with a preview."""

from typing import Any

import httpx
import pytest

from skedulr import Skedulr, State
from skedulr.transport.aio import AsyncClient
from tests.support.crews import Crew


async def act(api: httpx.AsyncClient, verb: str, **body: Any) -> dict[str, Any]:
    answer = await api.post(f"/api/tasks/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_preview_counts_and_does_nothing(app: Skedulr, api: httpx.AsyncClient) -> None:
    await app.aenqueue_many(app.call("job", pool="mail") for _ in range(5))
    await app.aenqueue("job")
    told = await act(api, "cancel", filter={"pool": "mail"}, preview=True)
    assert (told["matched"], told["done"]) == (5, 0)
    told = await act(api, "cancel", filter={"job": "job", "pool": "mail"}, preview=True)
    assert (told["matched"], told["done"]) == (5, 0)
    assert sum(pool.counts[State.QUEUED] for pool in await app.pools.aall()) == 6


async def test_a_filter_acts_on_all_it_finds_request_by_request(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.api.actions.MOST", 10)
    await app.aenqueue_many(app.call("job", pool=f"p{n % 2}") for n in range(25))
    done, cursor = 0, None
    for _ in range(10):
        told = await act(api, "cancel", filter={}, cursor=cursor)
        done, cursor = done + told["done"], told["next"]
        if not told["more"]:
            break
    assert done == 25
    assert all(pool.counts[State.CANCELLED] for pool in await app.pools.aall())


async def test_names_are_acted_on_one_by_one_and_refusals_told(
    app: Skedulr, api: httpx.AsyncClient
) -> None:
    await app.aenqueue("job", id="a")
    await (await app.aenqueue("job", id="b")).acancel()
    told = await act(api, "resubmit", names=["a", "default/b", "nobody", "default/b"])
    assert (told["matched"], told["done"]) == (3, 1)
    assert {each["name"] for each in told["refused"]} == {"default/a", "nobody"}


async def test_names_are_looked_up_together(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = await app.aenqueue_many(app.call("job", pool=f"p{n % 3}") for n in range(9))
    asked: list[int] = []
    ask = AsyncClient.ask

    async def counted(client: AsyncClient, *calls: Any) -> Any:
        if calls[0][0] == "HEXISTS":  # the coordinator's services look at the pools meanwhile
            asked.append(len(calls))
        return await ask(client, *calls)

    monkeypatch.setattr(AsyncClient, "ask", counted)
    unknown = [f"nobody-{n}" for n in range(400)]
    told = await act(api, "cancel", names=[*unknown, "a b", *(task.id for task in tasks)])
    assert (told["done"], told["refused_count"]) == (9, 401)
    assert asked == [1000, (400 + 9) * 3 - 1000], "trips for all the names, and none for each"


async def test_resubmitting_by_a_filter_leaves_successes_alone(
    app: Skedulr, api: httpx.AsyncClient, crew: Crew
) -> None:
    await crew.end(await app.aenqueue("job", id="fine"), State.SUCCEEDED)
    await crew.end(await app.aenqueue("job", id="dead"), State.DEAD)
    told = await act(api, "resubmit", filter={})
    assert told["done"] == 1
    assert await (await app.atask("default/dead")).astatus() is State.QUEUED


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "names or a filter"),
        ({"names": [], "filter": {}}, "names or a filter"),
        ({"names": "a"}, "names"),
        ({"filter": {"colour": "red"}}, "colour"),
        ({"filter": {"state": "sleepy"}}, "sleepy"),
        ({"names": ["x"] * 1001}, "1000"),
    ],
)
async def test_a_wrong_wish_changes_nothing(
    api: httpx.AsyncClient, body: dict[str, Any], word: str
) -> None:
    answer = await api.post("/api/tasks/cancel", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["detail"]
