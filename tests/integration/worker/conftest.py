"""An app on the shared server, for a worker inside the test."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from skedulr import Skedulr
from tests.integration.client.proxy import Proxy
from tests.support.servers import Server

MakeApp = Callable[..., Skedulr]


@pytest.fixture
async def make_app(server: Server, namespace: str) -> AsyncIterator[MakeApp]:
    """Make apps in the namespace of the test; closed with it."""
    made: list[Skedulr] = []

    def make(url: str | None = None, **options: Any) -> Skedulr:
        made.append(Skedulr(url or server.url, **{"namespace": namespace, **options}))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()
        each.close()


@pytest.fixture
def app(make_app: MakeApp) -> Skedulr:
    return make_app()


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """A proxy in front of the shared server."""
    started = Proxy(server.url)
    yield started
    started.close()
