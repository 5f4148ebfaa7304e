"""Server-sent events over HTTP: the stream, and what is refused."""

import asyncio
import json

import httpx
import pytest

from skedulr import Skedulr
from tests.integration.coordinator.test_process import address_of
from tests.support.servers import Server
from tests.support.spawning import Spawn


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
        head = await client.head(url)
        assert head.headers["content-type"] == events.headers["content-type"]
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
        "topic=workflow:",
        "topic=overview:a/b",
        "topic=task:a%20b/c",
        "&".join(f"topic=task:a/{n}" for n in range(21)),
    ],
)
async def test_a_wrong_topic_is_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/api/events?{query}")
    assert answer.status_code == 400
    assert "topic" in answer.json()["detail"] or "is no valid" in answer.json()["detail"]


async def test_no_more_listen_than_it_can_bear(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.feed.MOST_LISTENERS", 0)
    answer = await api.get("/api/events?topic=overview")
    assert answer.status_code == 503


async def test_no_more_is_looked_at_than_it_can_bear(
    app: Skedulr, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.feed.MOST_TOPICS", 2)
    query = "&".join(f"topic=task:a/{number}" for number in range(3))
    answer = await api.get(f"/api/events?{query}")
    assert answer.status_code == 503
    assert "poll" in answer.json()["detail"]
