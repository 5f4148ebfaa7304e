"""Probes learn whether the process lives and whether it can work, and see no password."""

import asyncio
import re
from collections.abc import Callable

import httpx
import pytest

from skedulr import Skedulr
from skedulr_coordinator import create_app
from tests.integration.coordinator.conftest import browsing
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer

OwnServers = Callable[..., OwnServer]


async def test_healthz_answers_while_the_process_lives_even_without_redis(
    own_server: OwnServers, make_app: MakeApp
) -> None:
    redis = own_server()
    redis.stop()
    async with browsing(create_app(make_app(redis.url))) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_readyz_is_ready_while_redis_answers(api: httpx.AsyncClient) -> None:
    answer = await api.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reason": None}


async def test_readyz_says_why_it_is_not_ready_and_is_ready_again_by_itself(
    own_server: OwnServers, make_app: MakeApp
) -> None:
    redis = own_server()
    async with browsing(create_app(make_app(redis.url))) as client:
        before = await client.get("/readyz")
        redis.kill()
        away = await client.get("/readyz")
        redis.start()
        back = await client.get("/readyz")
    assert [answer.status_code for answer in (before, away, back)] == [200, 503, 200]
    assert away.json()["ready"] is False
    assert "Redis does not answer" in away.json()["reason"]


async def test_readyz_does_not_hang_with_redis(
    own_server: OwnServers, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.probe.ANSWER_WITHIN", 0.2)
    redis = own_server()
    redis.freeze()
    async with browsing(create_app(make_app(redis.url, time_limit=0.2))) as client:
        answer = await client.get("/readyz")
    redis.thaw()
    assert answer.status_code == 503


async def test_readyz_shows_no_password(own_server: OwnServers, make_app: MakeApp) -> None:
    redis = own_server()
    wrong = f"redis://:open-sesame@127.0.0.1:{redis.port}/0"
    async with browsing(create_app(make_app(wrong))) as client:
        refused = await client.get("/readyz")
        redis.stop()
        away = await client.get("/readyz")
    assert [answer.status_code for answer in (refused, away)] == [503, 503]
    assert "open-sesame" not in refused.text + away.text


async def test_probes_at_once_cost_one_connection(app: Skedulr, api: httpx.AsyncClient) -> None:
    [before] = await app.aclient.ask(_STATS)
    answers = await asyncio.gather(*(api.get("/readyz") for _ in range(100)))
    [after] = await app.aclient.ask(_STATS)
    assert {answer.status_code for answer in answers} == {200}
    assert _connections(after) - _connections(before) < 10


_STATS = ("INFO", "stats")


def _connections(info: bytes) -> int:
    """How many connections there have been."""
    found = re.search(rb"total_connections_received:(\d+)", info)
    assert found
    return int(found[1])
