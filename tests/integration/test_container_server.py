"""A server that testcontainers starts serves the tests as the private one does."""

import pytest

from tests.support.servers import Address, Server

pytestmark = pytest.mark.testcontainers


def test_a_server_in_a_container_keeps_what_is_put_into_it(
    container_server: Address, namespace: str
) -> None:
    server = Server(container_server)
    client = server.client()
    client.set(f"{{{namespace}}}:key", "value")
    assert client.get(f"{{{namespace}}}:key") == b"value"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    server.close()
