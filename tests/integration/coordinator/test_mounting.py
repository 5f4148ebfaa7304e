"""The coordinator in another application, under any prefix: links hold, and its services live as
long as the host does.
"""

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from skedulr import Skedulr
from skedulr_coordinator import create_app, mount
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
