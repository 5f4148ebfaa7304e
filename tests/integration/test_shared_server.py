"""The server that tests share is clean for each of them, and told apart by namespaces."""

import pytest

from tests.support import keys
from tests.support.keys import leftover_keys, own
from tests.support.servers import Server


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list of owners for this test."""
    monkeypatch.setattr(keys, "OWNERS", [])


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nobody_finds_the_keys_of_another_test(server: Server, namespace: str, turn: str) -> None:
    client = server.client()
    assert list(client.scan_iter(f"*{namespace}*")) == []
    if server.is_private:
        assert client.dbsize() == 0
    client.set(f"{{{namespace}:pool}}:ready", "1")


def test_clients_answer_in_bytes_unless_asked_otherwise(server: Server, namespace: str) -> None:
    name = f"{{{namespace}}}:key"
    server.client().set(name, "value")
    assert server.client().get(name) == b"value"
    assert server.client(decode_responses=True).get(name) == "value"


class TestLeftoverKeys:
    def test_a_key_for_ever_that_nobody_owns_is_left_over(
        self, server: Server, namespace: str, owners: None
    ) -> None:
        client = server.client()
        client.set(f"{{{namespace}:mail}}:forgotten", "1")
        client.set(f"{{{namespace}:mail}}:passing", "1", ex=60)
        client.set("{another}:forgotten", "1", ex=60)
        assert leftover_keys(client, namespace) == [f"{{{namespace}:mail}}:forgotten"]

    def test_a_key_with_an_owner_is_not(self, server: Server, namespace: str, owners: None) -> None:
        own("{<ns>:*}:ready", "claims empty it")
        client = server.client()
        client.zadd(f"{{{namespace}:mail}}:ready", {"task": 1})
        client.zadd(f"{{{namespace}:mail}}:ready:more", {"task": 1})
        assert leftover_keys(client, namespace) == [f"{{{namespace}:mail}}:ready:more"]

    def test_an_owner_counts_only_while_it_is_there(
        self, server: Server, namespace: str, owners: None
    ) -> None:
        lease = f"{{{namespace}:mail}}:lease"
        own("{<ns>:*}:lease", "the sweep")
        own(
            "{<ns>:*}:own:*",
            "its instance, or the sweep once the lease is over",
            lambda client, key: client.zscore(lease, key.rpartition(":")[2]) is not None,
        )
        client = server.client()
        client.zadd(lease, {"living": 1})
        client.hset(f"{{{namespace}:mail}}:own:living", "task", "1")
        client.hset(f"{{{namespace}:mail}}:own:dead", "task", "1")
        assert leftover_keys(client, namespace) == [f"{{{namespace}:mail}}:own:dead"]
