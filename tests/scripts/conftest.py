"""The fixture that every script's test begins with."""

import pytest

from tests.scripts.support import Pool
from tests.support.servers import Server


@pytest.fixture
def pool(server: Server, namespace: str) -> Pool:
    """Give an empty pool on the shared server."""
    return Pool(server.client(), namespace)
