"""What a producer meets when Redis is away, slow, new, or not as it should be: it never hangs."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from skedulr import (
    PoolConfig,
    QueueFull,
    RedisUnavailable,
    Skedulr,
    Task,
    commands,
)
from skedulr.config import Config
from tests.integration.client.kit import Enqueue, StartServer, stored, taken
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.waiting import wait_until

LIMIT = 1.0
"""Seconds: as short as a test can wait for, and long enough for a loaded machine to answer."""

GENEROUS = 10 * LIMIT
"""Far above what a call may take, and far below a call that hangs."""


def run(call: Coroutine[Any, Any, Task[Any]]) -> Task[Any]:
    """Run a call on an event loop of its own, in a thread of its own."""
    return asyncio.run(call)


@pytest.fixture
def mine(own_server: StartServer) -> OwnServer:
    return own_server(appendonly=False)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, and which nobody else gets."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_call_gives_up_after_two_seconds_unless_told_otherwise() -> None:
    assert Config().call_seconds == 2
    assert Config(time_limit="500ms").call_seconds == 0.5


class TestAway:
    async def test_nobody_listens(
        self, make_app: MakeApp, closed_port: int, enqueue: Enqueue
    ) -> None:
        app = make_app(f"redis://127.0.0.1:{closed_port}/0", time_limit=LIMIT)
        began = time.monotonic()
        with pytest.raises(
            RedisUnavailable, match=rf"127\.0\.0\.1:{closed_port}.*(refused|failed)"
        ) as caught:
            await enqueue(app)
        assert "is it reachable?" in str(caught.value)
        assert time.monotonic() - began < GENEROUS

    async def test_no_such_host(self, make_app: MakeApp, enqueue: Enqueue) -> None:
        app = make_app("redis://no-such-host.invalid:6379/0", time_limit=LIMIT)
        with pytest.raises(RedisUnavailable, match=r"no-such-host\.invalid"):
            await enqueue(app)

    async def test_frozen_while_connected(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url, time_limit=LIMIT)
        await taken(enqueue, app)
        spare.freeze()
        began = time.monotonic()
        with pytest.raises(RedisUnavailable, match="no reply within 1 s"):
            await enqueue(app)
        assert time.monotonic() - began < GENEROUS
        spare.thaw()
        assert (await taken(enqueue, app)).id

    async def test_frozen_before_the_first_call(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url, time_limit=LIMIT)
        spare.freeze()
        began = time.monotonic()
        with pytest.raises(RedisUnavailable, match="no reply within 1 s"):
            await enqueue(app)
        assert time.monotonic() - began < GENEROUS
        spare.thaw()
        assert (await taken(enqueue, app)).id

    async def test_a_hundred_coroutines_give_up_together(
        self, make_app: MakeApp, spare: OwnServer
    ) -> None:
        app = make_app(spare.url, time_limit=LIMIT)
        task = await app.aenqueue("add")
        await app.aclose()
        spare.freeze()
        began = time.monotonic()
        ends = await asyncio.gather(*(task.astatus() for _ in range(100)), return_exceptions=True)
        assert {type(end) for end in ends} == {RedisUnavailable}
        assert time.monotonic() - began < GENEROUS

    def test_many_at_once_give_up_as_well(self, make_app: MakeApp, spare: OwnServer) -> None:
        app = make_app(spare.url, time_limit=LIMIT)

        def calls() -> Any:
            for number in range(5000):
                if number == 2500:
                    spare.freeze()
                yield app.call("add", [number])

        began = time.monotonic()
        with pytest.raises(RedisUnavailable):
            app.enqueue_many(calls())
        assert time.monotonic() - began < GENEROUS

    async def test_back_within_the_time_limit(
        self, make_app: MakeApp, mine: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(mine.url, time_limit=20)
        mine.stop()
        with ThreadPoolExecutor(1) as elsewhere:
            done = elsewhere.submit(run, enqueue(app, 1))
            mine.start()
            task = await asyncio.wrap_future(done)
        assert task.info().args == [1]


class TestRestarted:
    async def test_what_was_stored_is_there(
        self, make_app: MakeApp, own_server: StartServer, enqueue: Enqueue
    ) -> None:
        server = own_server(appendonly=True)
        app = make_app(server.url, time_limit=20)
        before = await enqueue(app, 1)
        server.restart()
        after = await enqueue(app, 2)
        assert [task.info().args for task in (before, after)] == [[1], [2]]

    def test_the_idle_connections_of_many_threads_do_no_harm(
        self, make_app: MakeApp, mine: OwnServer
    ) -> None:
        app = make_app(mine.url, time_limit=LIMIT)
        together = threading.Barrier(30)

        def use() -> None:
            line = app.client._take()
            together.wait(10)
            line.send(b"*1\r\n$4\r\nPING\r\n")
            line.read()
            app.client._free.append(line)

        threads = [threading.Thread(target=use) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mine.restart()
        assert app.enqueue("add").id

    async def test_with_an_empty_memory_it_learns_the_pools_again(
        self, make_app: MakeApp, mine: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(mine.url, time_limit=20, pools={"default": PoolConfig(max_capacity=2)})
        await enqueue(app)
        mine.restart()
        await enqueue(app)
        await enqueue(app)
        assert [pool.name for pool in app.pools.all()] == ["default"]
        with pytest.raises(QueueFull):
            await enqueue(app)


class TestInterrupted:
    async def test_scripts_are_flushed(
        self, app: Skedulr, server: Server, enqueue: Enqueue
    ) -> None:
        await enqueue(app, 1)
        server.client().script_flush()
        assert (await enqueue(app, 2)).info().args == [2]
        server.client().script_flush()
        tasks = app.enqueue_many(app.call("add", [number]) for number in range(2500))
        assert len({task.id for task in tasks}) == 2500

    async def test_scripts_are_flushed_before_calls_that_travel_together(
        self, app: Skedulr, server: Server
    ) -> None:
        tasks = app.enqueue_many(app.call("add", [number]) for number in range(4))
        calls: list[Any] = [commands.cancel(app.keys("default"), task.id) for task in tasks]
        server.client().script_flush()
        assert [each.outcome for each in app.client.run_together(calls[:2])] == ["cancelled"] * 2
        server.client().script_flush()
        calls.append(commands.promote(app.keys("default")))
        *standings, _ = await app.aclient.run_together(calls[2:])
        assert [each.outcome for each in standings] == ["cancelled"] * 2

    async def test_connections_are_killed_between_calls(
        self, app: Skedulr, server: Server, enqueue: Enqueue
    ) -> None:
        for number in range(3):
            await enqueue(app, number)
            kill_clients(server)
        assert len(app.enqueue_many(app.call("add") for _ in range(10))) == 10

    async def test_a_connection_is_killed_under_a_call(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url, time_limit=20)
        await enqueue(app, 1)
        admin: Any = spare.client()
        admin.client_pause(60_000, all=False)
        with ThreadPoolExecutor(1) as elsewhere:
            done = elsewhere.submit(run, enqueue(app, 2))
            wait_until(lambda: waiting_clients(admin))
            admin.client_kill_filter(_type="normal", skipme=True)
            admin.client_unpause()
            task = await asyncio.wrap_future(done)
        assert task.info().args == [2]
        assert stored(spare, app) == 2


def kill_clients(server: Server) -> None:
    client: Any = server.client()
    client.client_kill_filter(_type="normal", skipme=True)


def waiting_clients(admin: Any) -> list[Any]:
    """The clients of apps whose command waits for the end of a pause."""
    return [
        client
        for client in admin.client_list()
        if client["name"] == "skedulr"
        and client["cmd"].startswith("evalsha")
        and "b" in client["flags"]
    ]
