"""Who may talk to a coordinator: programs of this machine, or those with the token; no web page of
another origin, whatever name it calls the coordinator by.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from skedulr import Skedulr
from skedulr.errors import ConfigurationError
from skedulr_coordinator import create_app, mount
from skedulr_coordinator.token import Token
from tests.integration.coordinator.conftest import browsing

TOKEN = "a-token-of-some-length"
COOKIE = Token(TOKEN).cookie
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = {"Accept": "text/html,*/*"}


@pytest.fixture
async def locked(app: Skedulr) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a coordinator that wants a token."""
    async with browsing(create_app(app, token=TOKEN)) as client:
        yield client


# --- without a token


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:8080", 200),
        ("127.9.9.9", 200),
        ("[::1]:8080", 200),
        ("evil.example", 403),
        ("evil.example:8080", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.168.1.5:8080", 403),
        ("user@localhost", 200),
        ("evil.example\\@localhost", 200),
        ("localhost@evil.example", 403),
        ("[::1", 403),
        ("", 403),
    ],
)
async def test_it_answers_to_names_of_this_machine_alone(
    api: httpx.AsyncClient, host: str, status: int
) -> None:
    answer = await api.get("/api/overview", headers={"Host": host})
    assert answer.status_code == status
    if status == 403:
        assert "SKEDULR_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Origin": "http://evil.example/127.0.0.1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}, 200),
        # A proxy has changed the host: the browser itself says that it is the same origin.
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://tasks.example"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
    ],
)
async def test_a_page_of_another_origin_changes_nothing(
    api: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await api.post("/api/pause", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("mode", "site", "status"),
    [
        ("no-cors", "cross-site", 403),  # an image, a script
        ("cors", "same-site", 403),  # an event source, fetch
        ("cors", "same-origin", 200),
        ("navigate", "cross-site", 200),  # a link
    ],
)
async def test_a_page_of_another_origin_may_link_to_it_and_no_more(
    api: httpx.AsyncClient, mode: str, site: str, status: int
) -> None:
    headers = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site}
    assert (await api.get("/api/overview", headers=headers)).status_code == status


async def test_every_answer_carries_the_security_headers(api: httpx.AsyncClient) -> None:
    for path in ("/api/overview", "/api/nothing", "/healthz"):
        headers = (await api.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


async def test_a_request_that_is_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/tasks", content=b'{"job": "' + b"a" * (5 * 1024 * 1024))
    assert answer.status_code == 413


# --- with a token


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (BEARER, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": "Bearer tökän"}, 401),
        ({"Cookie": f"{COOKIE}={TOKEN}"}, 401),
        ({"Cookie": f"{COOKIE}=99999999999.0000"}, 401),
        ({"Cookie": f"{COOKIE}=x.y"}, 401),
        ({"Cookie": '=";;\\'}, 401),
        ({"Cookie": f"{COOKIE}=1.é"}, 401),
        ({"Cookie": f'{COOKIE}="1.é"'}, 401),
        ({**BEARER, "Host": "anything.example"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/api/overview", "/openapi.json", "/api/stats"])
async def test_nothing_is_answered_without_it(
    locked: httpx.AsyncClient, path: str, headers: dict[str, str], status: int
) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    answer = await locked.get(path, headers=raw)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_need_none(locked: httpx.AsyncClient, path: str) -> None:
    assert (await locked.get(path)).status_code == 200


async def test_a_browser_shows_it_once_and_keeps_a_session(locked: httpx.AsyncClient) -> None:
    sent = await locked.get("/tasks/default/x", headers=PAGE)
    assert (sent.status_code, sent.headers["location"]) == (303, "../../login")
    page = await locked.get("/login", headers=PAGE)
    assert (page.status_code, "<form" in page.text) == (200, True)

    wrong = await locked.post("/login", data={"token": "wrong"})
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (403, None)
    right = await locked.post("/login", data={"token": TOKEN})

    assert (right.status_code, right.headers["location"]) == (303, ".")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert (await locked.get("/api/overview")).status_code == 200
    await locked.post("/logout")
    assert (await locked.get("/api/overview")).status_code == 401


async def test_cookies_of_others_do_not_hide_the_session(locked: httpx.AsyncClient) -> None:
    await locked.post("/login", data={"token": TOKEN})
    session = locked.cookies[COOKIE]
    locked.cookies.clear()
    cookie = f'state={{"a": [1]}}; {COOKIE}=old; {COOKIE}={session}; é'
    headers = {b"Cookie": cookie.encode("latin-1")}
    answer = await locked.get("/api/overview", headers=headers)
    assert answer.status_code == 200


async def test_the_login_to_another_cluster_of_the_host_ends_no_session(
    app: Skedulr, locked: httpx.AsyncClient
) -> None:
    await locked.post("/login", data={"token": TOKEN})
    other = "another-token-of-some-length"
    async with browsing(create_app(app, token=other)) as neighbour:
        neighbour.cookies = locked.cookies  # as a browser does, whatever the port
        await neighbour.post("/login", data={"token": other})
        assert (await neighbour.get("/api/overview")).status_code == 200
        assert (await locked.get("/api/overview")).status_code == 200
        await neighbour.post("/logout")
    assert (await locked.get("/api/overview")).status_code == 200


async def test_the_way_to_the_login_counts_slashes_as_the_browser_does(
    locked: httpx.AsyncClient,
) -> None:
    sent = await locked.get("/tasks/default/a%2Fb", headers=PAGE)
    assert sent.headers["location"] == "../../login"


async def test_a_session_of_another_token_or_another_time_is_none(
    locked: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await locked.post("/login", data={"token": TOKEN})
    assert (await locked.get("/api/overview")).status_code == 200
    until, _, signature = locked.cookies[COOKIE].partition(".")
    locked.cookies.clear()
    locked.cookies.set(COOKIE, f"{int(until) + 1}.{signature}")
    assert (await locked.get("/api/overview")).status_code == 401
    locked.cookies.clear()
    monkeypatch.setattr("skedulr_coordinator.token.SESSION_SECONDS", -1)
    await locked.post("/login", data={"token": TOKEN})
    assert (await locked.get("/api/overview")).status_code == 401


async def test_a_session_does_not_let_another_origin_change_anything(
    locked: httpx.AsyncClient,
) -> None:
    await locked.post("/login", data={"token": TOKEN})
    foreign = {"Origin": "http://evil.example"}
    assert (await locked.post("/api/pause", headers=foreign)).status_code == 403
    assert (await locked.post("/api/pause", headers={**foreign, **BEARER})).status_code == 200


def test_a_token_that_could_be_guessed_is_refused_and_not_shown(app: Skedulr) -> None:
    with pytest.raises(ConfigurationError, match="16 or more") as caught:
        create_app(app, token="open-sesame")
    assert "open-sesame" not in str(caught.value)


# --- in an application of somebody's own


async def test_a_host_application_names_the_hosts_it_is_called_by(app: Skedulr) -> None:
    outside = FastAPI()
    mount(outside, "/open", create_app(app, hosts=["www.example.com"]))
    async with browsing(outside) as client:
        known = await client.get("/open/api/overview", headers={"Host": "www.example.com:443"})
        other = await client.get("/open/api/overview", headers={"Host": "127.0.0.1"})
    assert [known.status_code, other.status_code] == [200, 403]


async def test_one_that_says_nothing_is_not_open_to_the_world(app: Skedulr) -> None:
    outside = FastAPI()
    mount(outside, "/tasks", create_app(app))
    async with browsing(outside) as client:
        answer = await client.get("/tasks/api/overview", headers={"Host": "www.example.com"})
    assert answer.status_code == 403
    assert "hosts=[" in answer.json()["detail"]
