"""Coordinators inside the test, and a client that asks them as a browser would."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from skedulr import Skedulr
from skedulr_coordinator import create_app
from tests.support.crews import Crew

Browsing = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
"""Serve an application, and give a client of it: `browsing(app)`, `browsing(host, "/prefix")`."""


@asynccontextmanager
async def browsing(app: Starlette, prefix: str = "") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1{prefix}") as client,
    ):
        yield client


@pytest.fixture
async def api(app: Skedulr) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a coordinator of the test's app."""
    async with browsing(create_app(app)) as client:
        yield client


@pytest.fixture
def crew(app: Skedulr) -> Crew:
    """Give an instance that claims and ends tasks as it is told."""
    return Crew(app)
