"""The coordinator answers probes, says what it serves, and never shows a password."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from skedulr_coordinator import create_app
from skedulr_dashboard import build_path


class Server(Protocol):
    """What these tests want of the fixture that starts Redis."""

    @property
    def url(self) -> str: ...


@asynccontextmanager
async def browsing(app: FastAPI, prefix: str = "") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://coordinator{prefix}") as client,
    ):
        yield client


@contextmanager
def refusing_port() -> Iterator[int]:
    """Yield a port that nobody listens on, until this test itself does."""
    with closing(socket.socket()) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextmanager
def coordinator_process(**environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "skedulr_coordinator"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@asynccontextmanager
async def forwarding(port: int, *, to: str) -> AsyncIterator[None]:
    """Have a port of this machine lead to the server at a URL."""
    target = urlsplit(to)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            while sent := await reader.read(4096):
                writer.write(sent)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, there = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(pump(reader, there), pump(back, writer))

    async with await asyncio.start_server(forward, "127.0.0.1", port, reuse_port=True):
        yield


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


async def test_healthz_answers_while_the_process_lives_even_without_redis() -> None:
    with refusing_port() as port:
        async with browsing(create_app(f"redis://127.0.0.1:{port}/0")) as client:
            answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_readyz_is_ready_while_redis_answers(server: Server) -> None:
    async with browsing(create_app(server.url)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reason": None}


async def test_readyz_says_why_it_is_not_ready() -> None:
    with refusing_port() as port:
        async with browsing(create_app(f"redis://:secret@127.0.0.1:{port}/0")) as client:
            answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert str(port) in answer.json()["reason"]
    assert "secret" not in answer.text


async def test_readyz_becomes_ready_again_by_itself(server: Server) -> None:
    with refusing_port() as port:
        path = urlsplit(server.url)._replace(netloc=f"127.0.0.1:{port}").geturl()
        async with browsing(create_app(path)) as client:
            away = await client.get("/readyz")
            async with forwarding(port, to=server.url):
                back = await client.get("/readyz")
    assert away.status_code == 503
    assert back.status_code == 200


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


def test_the_process_says_where_it_listens_and_ends_at_sigterm(server: Server) -> None:
    with coordinator_process(SKEDULR_PORT="0", SKEDULR_REDIS_URL=server.url) as process:
        said = first_line(process.stdout)
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said
        assert "this machine only" in said
        assert httpx.get(f"{found[0]}/readyz").json() == {"ready": True, "reason": None}
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{found[0]}/healthz")


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        pytest.param({"SKEDULR_PORT": "http"}, "SKEDULR_PORT is 'http'", id="port"),
        pytest.param({"SKEDULR_HOST": "203.0.113.1"}, "cannot listen on 203.0.113.1", id="host"),
        pytest.param(
            {"SKEDULR_REDIS_URL": "redis://:se/cret@localhost", "SKEDULR_PORT": "0"},
            "SKEDULR_REDIS_URL is no Redis URL",
            id="redis-url",
        ),
    ],
)
def test_the_process_refuses_a_wrong_setting(environment: dict[str, str], complaint: str) -> None:
    with coordinator_process(**environment) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert complaint in said
    assert "Traceback" not in said
    assert "cret" not in said.replace(complaint, "")


def test_the_dashboard_has_no_build_until_its_index_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_dashboard._BUILD", tmp_path)
    assert build_path() is None
    (tmp_path / "index.html").touch()
    assert build_path() == tmp_path
