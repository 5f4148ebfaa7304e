"""Server-sent events: documents as they change, at the cost of one look at Redis for everybody."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from skedulr import Skedulr
from skedulr_coordinator.feed import Feed, Listener
from tests.integration.coordinator.test_process import address_of
from tests.support.servers import Server
from tests.support.spawning import Spawn
from tests.support.waiting import await_until


async def heard(feed: Feed, listener: Listener) -> dict[str, Any]:
    """What one look brings."""
    await feed.run_once()
    return {topic: json.loads(data) for topic, data in (await listener.news(0.01)).items()}


async def test_the_overview_and_a_task_are_pushed_as_they_change(app: Skedulr) -> None:
    feed, listener = Feed(app), Listener(["overview", "task:mail/t"])
    feed.add(listener)
    assert set(await heard(feed, listener)) == {"overview"}
    await app.aenqueue("job", pool="mail", id="t")
    news = await heard(feed, listener)
    assert news["overview"]["counts"]["queued"] == 1
    assert news["task:mail/t"]["state"] == "queued"
    assert "task:mail/t" not in await heard(feed, listener), "it has not changed"
    await (await app.atask("mail/t")).acancel()
    assert (await heard(feed, listener))["task:mail/t"]["state"] == "cancelled"


async def test_lists_are_told_that_they_may_look_different(app: Skedulr) -> None:
    feed, listener = Feed(app), Listener(["tasks"])
    feed.add(listener)
    assert set(await heard(feed, listener)) == {"tasks"}
    assert not await heard(feed, listener)
    await app.aenqueue("job")
    assert set(await heard(feed, listener)) == {"tasks"}


async def test_a_task_that_nobody_can_read_silences_no_other_topic(app: Skedulr) -> None:
    task = await app.aenqueue("job", pool="mail", id="t")
    await app.aclient.ask(("HSET", app.keys(task.pool).tasks, task.id, b"\xc1"))
    feed, listener = Feed(app), Listener(["overview", "task:mail/t"])
    feed.add(listener)
    assert set(await heard(feed, listener)) == {"overview"}


async def test_a_late_listener_gets_at_once_what_is_known(app: Skedulr) -> None:
    feed, first, second = Feed(app), Listener(["overview"]), Listener(["overview"])
    feed.add(first)
    await feed.run_once()
    feed.add(second)
    assert await second.news(0.01)


async def test_a_slow_listener_gets_the_newest_and_costs_no_memory(app: Skedulr) -> None:
    feed, listener = Feed(app), Listener(["tasks"])
    feed.add(listener)
    for _ in range(5):
        await app.aenqueue("job")
        await feed.run_once()
    news = await listener.news(0.01)
    assert json.loads(news["tasks"])["counts"]["queued"] == 5
    assert not await listener.news(0.01)


async def test_many_listeners_cost_one_look(app: Skedulr) -> None:
    feed = Feed(app)

    async def commands() -> int:
        (reply,) = await app.aclient.ask(("INFO", "commandstats"))
        rows = [row for row in reply.decode().splitlines() if row.startswith("cmdstat_")]
        return sum(int(row.split("calls=")[1].split(",")[0]) for row in rows)

    async def cost() -> int:
        before = await commands()
        await feed.run_once()
        return await commands() - before

    nobody = await cost()
    feed.add(Listener(["overview"]))
    one = await cost()
    for _ in range(400):
        feed.add(Listener(["overview"]))
    assert nobody < one
    assert await cost() == one


async def test_the_stream_speaks_server_sent_events(
    server: Server, spawn: Spawn, app: Skedulr
) -> None:
    coordinator = spawn(
        ["-m", "skedulr_coordinator"],
        SKEDULR_PORT="0",
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=app.config.namespace,
    )
    await app.aenqueue("job", id="t")
    loop = asyncio.get_running_loop()
    address = await loop.run_in_executor(None, address_of, coordinator)
    url = f"{address}/api/events?topic=overview&topic=task:default/t"
    lines: list[str] = []
    async with httpx.AsyncClient() as client, client.stream("GET", url) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        async for line in events.aiter_lines():
            lines.append(line)
            if {"event: overview", "event: task"} <= set(lines) and line == "":
                break
    assert lines[0] == "retry: 1000"
    data = lines[lines.index("event: task") + 1]
    assert json.loads(data.removeprefix("data: "))["name"] == "default/t"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "topic=",
        "topic=everything",
        "topic=task:x",
        "topic=task:a%20b/c",
        "&".join(f"topic=task:a/{n}" for n in range(21)),
    ],
)
async def test_a_wrong_topic_is_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/api/events?{query}")
    assert answer.status_code == 400
    assert "topic" in answer.json()["detail"] or "pool name" in answer.json()["detail"]


async def test_no_more_listen_than_it_can_bear(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.feed.MOST_LISTENERS", 0)
    answer = await api.get("/api/events?topic=overview")
    assert answer.status_code == 503


async def test_its_end_ends_all_streams(app: Skedulr) -> None:
    feed, listener = Feed(app), Listener(["overview"])
    feed.add(listener)
    waiting = asyncio.create_task(listener.news(60))
    await asyncio.sleep(0)
    feed.close()
    await await_until(waiting.done)
    assert listener.is_over
