"""The coordinator answers probes, says what it serves, and never shows a password."""

import re
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from skedulr_coordinator import create_app
from skedulr_dashboard import build_path
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.spawning import Spawn


@asynccontextmanager
async def browsing(app: FastAPI, prefix: str = "") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://coordinator{prefix}") as client,
    ):
        yield client


async def test_healthz_answers_while_the_process_lives_even_without_redis(
    own_server: Callable[..., OwnServer],
) -> None:
    redis = own_server()
    redis.stop()
    async with browsing(create_app(redis.url)) as client:
        answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_readyz_is_ready_while_redis_answers(server: Server) -> None:
    async with browsing(create_app(server.url)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reason": None}


async def test_readyz_says_why_it_is_not_ready_and_is_ready_again_by_itself(
    own_server: Callable[..., OwnServer],
) -> None:
    redis = own_server()
    async with browsing(create_app(redis.url)) as client:
        before = await client.get("/readyz")
        redis.kill()
        away = await client.get("/readyz")
        redis.start()
        back = await client.get("/readyz")
    assert [answer.status_code for answer in (before, away, back)] == [200, 503, 200]
    assert away.json()["ready"] is False
    assert "Redis does not answer" in away.json()["reason"]


async def test_readyz_does_not_hang_with_redis(
    own_server: Callable[..., OwnServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_coordinator.app._ANSWER_WITHIN", 0.2)
    redis = own_server()
    redis.freeze()
    async with browsing(create_app(redis.url)) as client:
        answer = await client.get("/readyz")
    redis.thaw()
    assert answer.status_code == 503


async def test_readyz_shows_no_password(own_server: Callable[..., OwnServer]) -> None:
    redis = own_server()
    wrong = f"redis://:open-sesame@127.0.0.1:{redis.port}/0"
    async with browsing(create_app(wrong)) as client:
        refused = await client.get("/readyz")
        redis.stop()
        away = await client.get("/readyz")
    assert [answer.status_code for answer in (refused, away)] == [503, 503]
    assert "open-sesame" not in refused.text + away.text


async def test_the_page_says_what_is_served_under_any_prefix() -> None:
    host = FastAPI()
    host.mount("/tasks", create_app(namespace="shop <&>"))
    async with browsing(host, "/tasks") as client:
        page = await client.get("/")
        links = re.findall(r'href="([^"]+)"', page.text)
        answers = {link: (await client.get(f"/{link}")).status_code for link in links}
    assert "shop &lt;&amp;&gt;" in page.text
    assert "not built into this version yet" in page.text
    assert set(links) == {"healthz", "readyz", "openapi.json"}
    assert set(answers.values()) <= {200, 503}


def test_the_process_says_where_it_listens_and_ends_at_sigterm(
    server: Server, spawn: Spawn
) -> None:
    coordinator = spawn(
        ["-m", "skedulr_coordinator"], SKEDULR_PORT="0", SKEDULR_REDIS_URL=server.url
    )
    said = coordinator.wait_for_output("this machine only")
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found, said
    assert httpx.get(f"{found[0]}/readyz").json() == {"ready": True, "reason": None}
    coordinator.send(signal.SIGTERM)
    coordinator.wait()
    assert "Traceback" not in coordinator.output
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{found[0]}/healthz")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        pytest.param("SKEDULR_PORT", "http", "SKEDULR_PORT is 'http'", id="port"),
        pytest.param("SKEDULR_HOST", "203.0.113.1", "cannot listen on 203.0.113.1", id="host"),
        pytest.param(
            "SKEDULR_REDIS_URL",
            "redis://:open/sesame@localhost",
            "SKEDULR_REDIS_URL is no Redis URL",
            id="redis-url",
        ),
    ],
)
def test_the_process_refuses_a_wrong_setting(
    spawn: Spawn, name: str, value: str, complaint: str
) -> None:
    coordinator = spawn(["-m", "skedulr_coordinator"], **{"SKEDULR_PORT": "0", name: value})
    assert coordinator.wait() == 2
    assert complaint in coordinator.output
    assert "Traceback" not in coordinator.output
    assert "open" not in coordinator.output


def test_the_dashboard_has_no_build_until_its_index_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_dashboard._BUILD", tmp_path)
    assert build_path() is None
    (tmp_path / "index.html").touch()
    assert build_path() == tmp_path
