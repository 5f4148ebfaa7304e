"""An app on the shared server, for a worker inside the test."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.client.proxy import Proxy
from tests.support.servers import Server


@pytest.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """A proxy in front of the shared server."""
    started = Proxy(server.url)
    yield started
    started.close()
