"""`pause`: sets the cluster's pause under a rising version, which every pool then copies."""

import pytest

from skedulr import commands
from skedulr.keys import RegistryKeys
from tests.scripts.support import Pool, run
from tests.support.servers import Server


@pytest.mark.parametrize("paused", [True, False])
def test_every_change_has_a_higher_version(server: Server, namespace: str, paused: bool) -> None:
    client, keys = server.client(), RegistryKeys(namespace)

    assert [run(client, commands.pause(keys, paused)) for _ in range(3)] == [1, 2, 3]

    assert client.hgetall(keys.control) == {b"paused": b"%d" % paused, b"version": b"3"}
    assert client.keys(f"*{namespace}*") == [keys.control]


def test_a_pool_keeps_the_newest_pause_in_whatever_order_they_come(
    server: Server, namespace: str
) -> None:
    client, keys = server.client(), RegistryKeys(namespace)
    pool = Pool(client, namespace)
    first = run(client, commands.pause(keys, True))
    second = run(client, commands.pause(keys, False))

    pool.ask(commands.control(pool.keys, {"paused": 0}, version=second))
    pool.ask(commands.control(pool.keys, {"paused": 1}, version=first))

    assert not pool.ask(commands.control(pool.keys)).paused
