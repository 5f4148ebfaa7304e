"""Another server takes over, and the former one lives on as its replica, which takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis import Redis

from skedulr import ResultTimeout, Skedulr, TaskCancelled
from tests.integration.client.kit import StartServer
from tests.integration.client.proxy import Proxy
from tests.support.apps import MakeApp
from tests.support.waiting import await_until

LEASE = 3.0
"""A third of it is the longest wait for a marker."""


@dataclass(frozen=True)
class Pair:
    """A server and its replica, and an address that leads whoever connects to the primary."""

    old: Redis
    new: Redis
    places: tuple[int, int]
    proxy: Proxy

    async def swap(self) -> None:
        """Let the replica take over, once it knows all; connections stay where they lead."""
        await await_until(self._is_in_step, what="a replica in step")
        self.new.replicaof("NO", "ONE")
        self.proxy.server = ("127.0.0.1", self.places[1])
        self.old.replicaof("127.0.0.1", str(self.places[1]))

    def _is_in_step(self) -> bool:
        told: Any = self.old.info("replication")
        heard: Any = self.new.info("replication")
        if heard.get("master_link_status") != "up":
            return False
        return int(heard["slave_repl_offset"]) >= int(told["master_repl_offset"])


def is_awaited(server: Redis) -> bool:
    """Whether somebody blocks on a key of the server."""
    clients: Any = server.info("clients")
    return int(clients["blocked_clients"]) > 0


@pytest.fixture
def pair(own_server: StartServer) -> Iterator[Pair]:
    """Give a primary with a replica that has the same password."""
    first, second = own_server(appendonly=False), own_server(appendonly=False)
    old, new = first.client(), second.client()
    password, other = (urlsplit(each.url).password or "" for each in (first, second))
    new.ping()  # it is logged in before the password changes
    for each in (old, new):
        each.config_set("repl-diskless-sync-delay", 0)
        each.config_set("masterauth", password)
    new.config_set("requirepass", password)
    new.replicaof("127.0.0.1", str(first.port))
    with closing(Proxy(first.url)) as proxy:
        yield Pair(old, new, (first.port, second.port), proxy)
    new.config_set("requirepass", other)


@pytest.fixture
def behind(make_app: MakeApp, pair: Pair) -> Skedulr:
    """An app that reaches whatever is the primary when it connects."""
    return make_app(pair.proxy.url)


async def test_an_idle_worker_finds_the_one_that_took_over(behind: Skedulr, pair: Pair) -> None:
    @behind.job
    async def double(number: int) -> int:
        return 2 * number

    async with behind.worker(lease=LEASE):
        assert await (await double.aenqueue(1)).aresult(20) == 2
        await pair.swap()
        assert await (await double.aenqueue(2)).aresult(20) == 4


async def test_a_worker_that_was_busy_meanwhile_waits_at_the_one_that_took_over(
    behind: Skedulr, pair: Pair
) -> None:
    let_go, keys = asyncio.Event(), behind.keys("default")

    @behind.job
    async def wait() -> None:
        await let_go.wait()

    async with behind.worker(pools={"default": 1}, lease=LEASE):
        await wait.aenqueue()
        # Its connection blocks no more, so nothing closes it when the server becomes a replica.
        await await_until(lambda: not is_awaited(pair.old), what="the end of the wait for a marker")
        await pair.swap()
        let_go.set()
        await await_until(lambda: is_awaited(pair.new), what="a worker that waits")
        [instance] = await behind.aclient.ask(("ZRANGE", keys.idle, 0, -1))
        assert pair.new.pubsub_shardchannels() == [keys.of("claims", instance[0].decode())]


async def test_whoever_waits_for_a_result_again_waits_at_the_one_that_took_over(
    behind: Skedulr, pair: Pair
) -> None:
    task = await behind.aenqueue("nobody's")
    with pytest.raises(ResultTimeout):
        await task.aresult(0.1)
    await await_until(lambda: not is_awaited(pair.old), what="the end of the blocking read")
    await pair.swap()
    waiting = asyncio.create_task(task.aresult(60))
    await await_until(lambda: is_awaited(pair.new), what="a blocking read")
    await task.acancel()
    with pytest.raises(TaskCancelled):
        await waiting
