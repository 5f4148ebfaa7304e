"""A cluster with tasks in every state, and the command that asks about it."""

from collections.abc import Callable, Iterator

import pytest

from skedulr import Skedulr
from tests.integration.cli.shop import Shop
from tests.support.apps import CALM
from tests.support.commands import Answer, run_skedulr
from tests.support.servers import Server

Command = Callable[..., Answer]


@pytest.fixture
def app(server: Server, namespace: str) -> Iterator[Skedulr]:
    app = Skedulr(server.url, namespace=namespace, time_limit=CALM)
    yield app
    app.close()


@pytest.fixture
def shop(app: Skedulr) -> Shop:
    """Give what a worker and producers would do, one step at a time."""
    return Shop(app)


@pytest.fixture
def skedulr(server: Server, namespace: str) -> Command:
    """Run a command on the test's namespace: `skedulr("tasks", "--json")`."""

    def run(*args: str, **environment: str) -> Answer:
        where = {"SKEDULR_REDIS_URL": server.url, "SKEDULR_NAMESPACE": namespace}
        return run_skedulr(*args, **{**where, **environment})

    return run
