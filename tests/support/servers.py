"""The server that tests share, and a namespace in it for each of them."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from redis import Redis

from skedulr.embedded import EmbeddedServer
from tests.support.choice import chosen_binary, chosen_image, chosen_url, wants_container
from tests.support.clients import Clients
from tests.support.keys import keys_of


class Address(NamedTuple):
    """Where the tests find a server."""

    url: str
    is_private: bool
    """Whether it was started for the tests, so that everything in it may be removed."""


class Server:
    """The shared server, as one test uses it."""

    def __init__(self, address: Address) -> None:
        self.url, self.is_private = address
        self._clients = Clients(self.url)

    def client(self, **options: Any) -> Redis:
        """Return a client that is closed with the test."""
        return self._clients.new(**options)

    def close(self) -> None:
        """Close all clients."""
        self._clients.close()


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> Iterator[Address]:
    """Give the address of the server for the whole run; see `tests.support.choice`."""
    if wants_container():
        yield request.getfixturevalue("container_server")
    elif url := chosen_url():
        yield Address(url, is_private=False)
    else:
        with EmbeddedServer(binary=chosen_binary(), appendonly=False) as embedded:
            yield Address(embedded.url, is_private=True)


@pytest.fixture(scope="session")
def container_server() -> Iterator[Address]:
    """Give the address of a server in a container of its own; skip where there can be none."""
    containers = pytest.importorskip(
        "testcontainers.redis", reason="the testcontainers package is not installed"
    )
    if shutil.which("docker") is None:
        pytest.skip("there is no Docker on this machine")
    # Asked by its command, since the package leaves a socket open when nobody answers.
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Docker engine answers")
    with containers.RedisContainer(chosen_image()) as container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
        yield Address(f"redis://{host}:{port}/0", is_private=True)


@pytest.fixture
def namespace() -> str:
    """Give a namespace that no other test has."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def server(redis_server: Address, namespace: str) -> Iterator[Server]:
    """Give the server: empty if it is ours, else without keys of this test's namespace."""
    shared = Server(redis_server)
    if shared.is_private:
        shared.client().flushall()
    yield shared
    if not shared.is_private:
        _remove_namespace(shared.client(), namespace)
    shared.close()


def _remove_namespace(client: Redis, namespace: str) -> None:
    for key in keys_of(client, namespace):
        client.unlink(key)
