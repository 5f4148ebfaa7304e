"""A password in a URL is seen by nobody: in no message, no repr, no log and no traceback's text."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from skedulr import ConfigurationError, RedisUnavailable, Skedulr
from skedulr.transport.connection import Address
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer

SECRET = "hush/hush#1?@:é"
PLACES = [
    "redis://:{}@127.0.0.1:1/0",
    "redis://user:{}@127.0.0.1:1/0",
    "rediss://user:{}@127.0.0.1:1/0",
    "redis://127.0.0.1:1/0?password={}",
    "unix://user:{}@/nowhere/redis.sock",
]
PIECES = [SECRET, quote(SECRET, safe=""), "hush"]


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    check(caplog.text)


def check(text: str) -> None:
    assert not [piece for piece in PIECES if piece in text], text


def told_by(error: BaseException) -> str:
    """All that a program could print of an error: its text, its repr, its facts, its causes."""
    return "\n".join(
        [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    )


@pytest.mark.parametrize("place", PLACES)
async def test_no_error_of_an_unreachable_server_holds_it(place: str, make_app: MakeApp) -> None:
    app = make_app(place.format(quote(SECRET, safe="")), time_limit=0.1)
    task = app.task("default/x")
    calls: list[Callable[[], object]] = [
        lambda: app.enqueue("add"),
        lambda: app.enqueue_many([app.call("add")]),
        lambda: task.result(timeout=0.1),
        lambda: asyncio.run(Skedulr(app.address.url, time_limit=0.1).apause()),
    ]
    for call in calls:
        with pytest.raises(RedisUnavailable) as caught:
            await asyncio.to_thread(call)
        check(told_by(caught.value))
        assert caught.value.address


@pytest.mark.parametrize("place", PLACES)
def test_no_object_shows_it(place: str) -> None:
    app = Skedulr(place.format(quote(SECRET, safe="")))
    things: list[object] = [
        app,
        app.config,
        app.connections,
        app.address,
        app.client,
        app.results,
        app.pools,
        app.job(name="add")(print),
        app.call("add"),
        app.task("default/x"),
    ]
    for thing in things:
        check(f"{thing!r} {thing}")


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hush@localhost:six/0",
        "redis://:12/34hush@localhost",
        "redis://user:hush#hush@localhost:6379",
        "redis://:hush/hush@localhost",
        "redis://:hush?hush@localhost",
        "redis://[hush@localhost",
        "http://user:hush@localhost",
        "localhost:6379:hush@x",
    ],
)
def test_no_error_of_a_url_that_is_none_holds_it(url: str) -> None:
    for make in (Skedulr, Address):
        with pytest.raises(ConfigurationError, match="in a password write %40 for @") as caught:
            make(url)
        check(told_by(caught.value))


class TestRefusedLogin:
    @pytest.fixture
    def app(self, make_app: MakeApp, spare: OwnServer) -> Skedulr:
        return make_app(f"redis://user:{quote(SECRET, safe='')}@127.0.0.1:{spare.port}/0")

    async def test_a_refused_password_is_not_told(self, app: Skedulr) -> None:
        calls: list[Coroutine[Any, Any, Any]] = [
            asyncio.to_thread(app.pause),
            app.apause(),
            app.aenqueue("add"),
        ]
        for call in calls:
            with pytest.raises(RedisUnavailable, match="refuses the user or the password") as told:
                await call
            check(told_by(told.value))


def test_the_embedded_server_s_password_is_not_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("SKEDULR_REDIS_URL", raising=False)
    app = Skedulr()
    with caplog.at_level(logging.DEBUG):
        app.enqueue("add")
        password = app.address.url.split(":")[2].split("@")[0]
        app.close()
    assert len(password) > 20
    assert password not in caplog.text
    assert password not in repr(app.connections)
