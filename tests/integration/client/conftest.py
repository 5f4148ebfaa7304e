"""An app on the shared server, and what drives its tasks."""

from collections.abc import Iterator
from typing import Any

import pytest

from skedulr import Skedulr
from tests.integration.client.hand import Hand
from tests.integration.client.kit import (
    Add,
    Enqueue,
    MakeProxy,
    async_enqueue,
    sync_enqueue,
)
from tests.integration.client.proxy import Proxy
from tests.integration.client.waiters import Result, async_result, sync_result
from tests.support.own_server import OwnServer


def add(a: int, b: int = 0) -> int:
    return a + b


@pytest.fixture
def job(app: Skedulr) -> Add:
    """The job `add` of the app."""
    return app.job(add)


@pytest.fixture
def hand(app: Skedulr, job: Add) -> Iterator[Hand]:
    """An instance in the pool `default`."""
    hand = Hand(app)
    yield hand
    hand.close()


@pytest.fixture
def proxy() -> Iterator[MakeProxy]:
    """Start proxies in front of the server at a URL."""
    started: list[Proxy] = []

    def start(url: str) -> Proxy:
        started.append(Proxy(url))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def server_of_this_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    server = OwnServer(tmp_path_factory.mktemp("server"), appendonly=False, config={})
    yield server
    server.end()


@pytest.fixture
def spare(server_of_this_file: OwnServer) -> Iterator[OwnServer]:
    """A server that the tests of one file may freeze, fill and forbid, but not stop."""
    yield server_of_this_file
    server_of_this_file.thaw()
    admin: Any = server_of_this_file.client()
    admin.client_unpause()
    admin.replicaof("NO", "ONE")
    for setting in ("maxmemory", "min-replicas-to-write"):
        admin.config_set(setting, 0)
    admin.flushall()


@pytest.fixture(params=[sync_enqueue, async_enqueue], ids=["sync", "async"])
def enqueue(request: pytest.FixtureRequest) -> Enqueue:
    chosen: Enqueue = request.param
    return chosen


@pytest.fixture(params=[sync_result, async_result], ids=["sync", "async"])
def result(request: pytest.FixtureRequest) -> Result:
    chosen: Result = request.param
    return chosen
