"""What a test can do to a server of its own."""

from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.support.own_server import OwnServer

OwnServers = Callable[..., OwnServer]


def test_a_killed_server_comes_back_at_the_same_address_with_its_data(
    own_server: OwnServers,
) -> None:
    server = own_server()
    client = server.client()
    client.set("task", "1")
    url = server.url

    server.kill()
    with pytest.raises(RedisConnectionError):
        client.ping()

    server.start()
    assert server.url == url
    assert client.get("task") == b"1"


def test_a_restart_without_appendonly_loses_everything(own_server: OwnServers) -> None:
    server = own_server(appendonly=False)
    client = server.client()
    client.set("task", "1")
    server.restart()
    assert client.get("task") is None


def test_a_frozen_server_does_not_answer_until_it_is_thawed(own_server: OwnServers) -> None:
    server = own_server()
    impatient = server.client(socket_timeout=1)
    impatient.ping()
    server.freeze()
    with pytest.raises(RedisTimeoutError):
        impatient.ping()
    server.thaw()
    assert server.client().ping()


def test_a_full_server_refuses_writes(own_server: OwnServers) -> None:
    client = own_server(appendonly=False, config={"maxmemory": "1"}).client()
    with pytest.raises(OutOfMemoryError):
        client.set("task", "1")


def test_several_servers_of_one_test_do_not_know_each_other(own_server: OwnServers) -> None:
    one, other = own_server().client(), own_server().client()
    one.set("task", "1")
    assert other.get("task") is None
