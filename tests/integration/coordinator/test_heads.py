"""HEAD is answered wherever GET is: the same status, the same headers, no body."""

import httpx
import pytest

from skedulr import Skedulr
from skedulr_coordinator import create_app
from tests.integration.coordinator.conftest import browsing


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/openapi.json", 200),
        ("/tasks", 200),
        ("/api/overview", 200),
        ("/api/stats", 200),
        ("/api/tasks?state=queued", 200),
        ("/api/tasks/default/nobody", 404),
        ("/api/tasks?limit=many", 400),
        ("/api/nothing", 404),
        ("/api/pause", 405),
    ],
)
async def test_it_is_get_without_the_body(
    app: Skedulr, api: httpx.AsyncClient, path: str, status: int
) -> None:
    await app.pools.ascale("default", None)  # so that there is a pool
    got, head = await api.get(path), await api.head(path)
    assert (got.status_code, head.status_code) == (status, status)
    assert head.content == b""
    told = dict(head.headers)
    changing = ("content-length",) if path == "/api/overview" else ()
    assert {name: value for name, value in told.items() if name not in changing} == {
        name: value for name, value in got.headers.items() if name not in changing
    }


async def test_it_is_refused_as_get_is(app: Skedulr) -> None:
    async with browsing(create_app(app, token="a-token-of-some-length")) as locked:
        head = await locked.head("/api/overview")
    assert (head.status_code, head.content) == (401, b"")
    assert head.headers["www-authenticate"] == "Bearer"


async def test_a_stream_that_would_not_end_ends(api: httpx.AsyncClient) -> None:
    head = await api.head("/api/events?topic=overview")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


async def test_what_a_path_takes_is_told(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/api/overview")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
