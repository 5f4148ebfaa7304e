"""A server that answers, and cannot be used as it is: the error says what to mend."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from redis.exceptions import ResponseError

from skedulr import (
    RedisUnavailable,
    RedisUnsuitable,
    Skedulr,
    UpgradeNeeded,
)
from tests.integration.client.kit import (
    Enqueue,
    MakeProxy,
    StartServer,
    refused_because,
    stored,
    taken,
)
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.waiting import wait_until

LIMIT = 1.0
"""Seconds: as short as a test can wait for; the reason of the last try is told."""


class TestUnsuitable:
    async def test_a_wrong_password_is_told_at_once(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(f"redis://:guessed@127.0.0.1:{spare.port}/0", time_limit=60)
        began = time.monotonic()
        with pytest.raises(RedisUnavailable, match="refuses the user or the password") as caught:
            await enqueue(app)
        assert "guessed" not in str(caught.value)
        assert time.monotonic() - began < 20

    async def test_a_missing_password_is_asked_for(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(f"redis://127.0.0.1:{spare.port}/0", time_limit=60)
        with pytest.raises(RedisUnavailable, match="it wants a password"):
            await enqueue(app)

    async def test_a_user_who_may_not_write_here(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        spare.client().acl_setuser(
            "guest", enabled=True, passwords=["+pass"], keys=["other:*"], commands=["+@all"]
        )
        app = make_app(f"redis://guest:pass@127.0.0.1:{spare.port}/0")
        with pytest.raises(RedisUnsuitable, match=r"may not do this.*allow"):
            await enqueue(app)

    async def test_a_database_that_there_is_not(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url.removesuffix("/0") + "/99")
        with pytest.raises(RedisUnsuitable, match="DB index is out of range"):
            await enqueue(app)

    async def test_a_read_only_replica_is_waited_for(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url, time_limit=LIMIT)
        await taken(enqueue, app)
        spare.client().replicaof("127.0.0.1", "1")
        await refused_because("read only replica", enqueue, app)
        spare.client().replicaof("NO", "ONE")
        assert (await taken(enqueue, app)).id

    async def test_a_server_that_is_busy_with_a_script_is_waited_for(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        app = make_app(spare.url, time_limit=LIMIT)
        await taken(enqueue, app)
        with busy(spare):
            await refused_because("BUSY", enqueue, app)
        assert (await taken(enqueue, app)).id

    async def test_the_one_that_takes_over_is_found(
        self, make_app: MakeApp, own_server: StartServer, proxy: MakeProxy, enqueue: Enqueue
    ) -> None:
        former, successor = (own_server(appendonly=False) for _ in range(2))
        for each in (former, successor):
            each.client().acl_setuser(
                "app", enabled=True, passwords=["+pass"], keys=["*"], commands=["+@all"]
            )
        between = proxy(former.url)
        app = make_app(between.url_of("app", "pass"), time_limit=20)
        await enqueue(app, 6)
        former.client().replicaof("127.0.0.1", "1")
        between.server = "127.0.0.1", successor.port
        task = await enqueue(app, 7)
        assert task.info().args == [7]
        assert stored(successor, app) == 1

    async def test_a_newer_skedulr_has_to_be_followed(
        self, app: Skedulr, server: Server, enqueue: Enqueue
    ) -> None:
        await enqueue(app)
        admin: Any = server.client()
        admin.hset(app.keys("default").meta, "format", 9)
        with pytest.raises(UpgradeNeeded, match="the data has format 9") as caught:
            await enqueue(app)
        assert caught.value.found == 9

    async def test_a_master_without_the_replicas_that_it_wants(
        self, make_app: MakeApp, spare: OwnServer, enqueue: Enqueue
    ) -> None:
        spare.client().config_set("min-replicas-to-write", 1)
        app = make_app(spare.url, time_limit=LIMIT)
        await refused_because("NOREPLICAS", enqueue, app)
        spare.client().config_set("min-replicas-to-write", 0)
        assert (await taken(enqueue, app)).id

    async def test_something_that_is_no_redis(self, make_app: MakeApp, enqueue: Enqueue) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=answer_as_a_web_server, args=[listener], daemon=True).start()
            app = make_app(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", time_limit=LIMIT)
            await refused_because("does not speak Redis' protocol", enqueue, app)
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def busy(server: OwnServer) -> Iterator[None]:
    """Let a script run on the server that takes as long as this block."""
    admin, other = server.client(), server.client(socket_timeout=None)
    admin.config_set("busy-reply-threshold", 1)

    def run_on_and_on() -> None:
        with suppress(ResponseError):  # it is killed
            other.eval("while true do end", 0)

    def is_busy() -> bool:
        try:
            admin.ping()
        except ResponseError as error:
            return str(error).startswith("BUSY")
        return False

    thread = threading.Thread(target=run_on_and_on)
    thread.start()
    try:
        wait_until(is_busy, what="a server that is busy")
        yield
    finally:
        admin.script_kill()
        thread.join()


def answer_as_a_web_server(listener: socket.socket) -> None:
    try:
        while True:
            with listener.accept()[0] as client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    except OSError:
        pass
