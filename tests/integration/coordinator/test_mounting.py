"""The coordinator in another application, under any prefix: links hold, and its services live as
long as the host does.
"""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from skedulr import Skedulr
from skedulr_coordinator import create_app, mount
from skedulr_dashboard import build_path
from tests.integration.coordinator.conftest import browsing
from tests.support.waiting import await_until


@pytest.mark.parametrize("host", [FastAPI, Starlette])
async def test_its_services_start_and_end_with_the_host(
    app: Skedulr, host: type[Starlette]
) -> None:
    outside = host()
    mount(outside, "/tasks", create_app(app))
    async with browsing(outside, "/tasks") as client:
        assert (await client.get("/readyz")).json() == {"ready": True, "reason": None}
        await await_until(app.coordinators, what="the coordinator's record")
    assert app.coordinators() == []


async def test_a_coordinator_whose_host_does_not_start_it_says_so(app: Skedulr) -> None:
    outside = FastAPI()
    outside.mount("/tasks", create_app(app))
    async with browsing(outside, "/tasks") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "skedulr_coordinator.mount" in answer.json()["reason"]


async def test_the_page_says_what_is_served_under_any_prefix() -> None:
    outside = FastAPI()
    mount(outside, "/tasks", create_app(Skedulr("redis://127.0.0.1:1", namespace="shop")))
    async with browsing(outside, "/tasks") as client:
        page = await client.get("/")
        links = re.findall(r'href="([^"]+)"', page.text)
        answers = {link: (await client.get(f"/{link}")).status_code for link in links}
    assert "shop" in page.text
    assert "not built into this version yet" in page.text
    assert set(links) == {"healthz", "readyz", "openapi.json"}
    assert set(answers.values()) <= {200, 503}


def test_the_dashboard_has_no_build_until_its_index_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_dashboard._BUILD", tmp_path)
    assert build_path() is None
    (tmp_path / "index.html").touch()
    assert build_path() == tmp_path
