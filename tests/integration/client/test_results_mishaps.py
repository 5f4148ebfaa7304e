"""What can go wrong while a result is awaited: it is late at worst, and never hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgpack
import pytest

from skedulr import (
    RedisUnavailable,
    ResultTimeout,
    Skedulr,
    UpgradeNeeded,
)
from skedulr.record import FORMAT
from skedulr.states import State
from skedulr.transport.client import Client
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add, MakeProxy
from tests.integration.client.waiters import (
    PATIENT,
    Result,
    async_result,
    begun,
    blocked,
    soon,
)
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.waiting import await_until


async def test_an_end_between_the_question_and_the_wait_is_heard(
    job: Add, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job.enqueue(1)
    claim = hand.take()
    pop = Client.pop

    def end_and_pop(client: Client, *args: Any) -> Any:
        monkeypatch.undo()
        hand.succeed(claim, 5)
        return pop(client, *args)

    monkeypatch.setattr(Client, "pop", end_and_pop)
    waiting = asyncio.create_task(asyncio.to_thread(task.result, PATIENT))
    assert await soon(waiting) == 5


async def test_a_message_that_gets_lost_delays_and_never_hangs(
    make_app: MakeApp,
    proxy: MakeProxy,
    server: Server,
    hand: Hand,
    result: Result,
) -> None:
    between = proxy(server.url)
    task = make_app(between.url).enqueue("add", [1])
    claim = hand.take()
    between.lose(b"BLPOP")
    waiter = await begun(server, result(task))
    hand.succeed(claim, 5)
    assert await soon(waiter) == 5


async def test_connections_that_are_killed_are_made_again(
    job: Add, hand: Hand, server: Server, result: Result
) -> None:
    task = job.enqueue(1)
    waiter = await begun(server, result(task))
    server.client().client_kill_filter(_type="normal", skipme=True)
    hand.succeed(hand.take(), 5)
    assert await soon(waiter) == 5


async def test_a_restart_is_survived(
    make_app: MakeApp, own_server: Callable[..., OwnServer], result: Result
) -> None:
    server = own_server(appendonly=True)
    app = make_app(server.url, time_limit=20)
    task = app.enqueue("add", [1])
    waiter = await begun(server, result(task))
    await asyncio.to_thread(server.restart)
    hand = Hand(app, jobs=["add"])
    hand.succeed(hand.take(), 5)
    assert await soon(waiter) == 5
    hand.close()


async def test_a_server_that_is_a_replica_for_a_while_is_waited_for(
    make_app: MakeApp, spare: OwnServer, result: Result
) -> None:
    app = make_app(spare.url, time_limit=20)
    task = app.enqueue("add", [1])
    waiter = await begun(spare, result(task))
    spare.client().replicaof("127.0.0.1", "1")
    await await_until(lambda: blocked(spare) == 0)
    spare.client().replicaof("NO", "ONE")
    hand = Hand(app, jobs=["add"])
    hand.succeed(hand.take(), 5)
    assert await soon(waiter) == 5
    hand.close()


@pytest.mark.parametrize("patience", [3, None], ids=["for a while", "for ever"])
async def test_a_redis_that_stays_away_ends_the_wait(
    make_app: MakeApp,
    own_server: Callable[..., OwnServer],
    result: Result,
    patience: float | None,
) -> None:
    server = own_server(appendonly=False)
    task = make_app(server.url).enqueue("add", [1])
    impatient = make_app(server.url, time_limit=1)
    waiter = await begun(server, result(impatient.task(task.name), patience))
    server.kill()
    with pytest.raises(RedisUnavailable):
        await waiter


async def test_an_outage_within_the_time_that_was_named_is_waited_out(
    make_app: MakeApp, own_server: Callable[..., OwnServer], result: Result
) -> None:
    server = own_server(appendonly=True)
    app = make_app(server.url, time_limit=1)
    task = app.task(make_app(server.url).enqueue("add", [1]).name)
    waiter = await begun(server, result(task, 60))
    # The reader of its inbox may be ahead of the question itself, whose script has to be loaded.
    waiters = app.keys("default").waiters
    await await_until(lambda: server.client().hexists(waiters, task.id))
    await task.astatus()  # answered behind the waiter's own question, on the same connection
    server.kill()
    await asyncio.sleep(2.5)  # longer than a call may take
    assert not waiter.done(), waiter
    await asyncio.to_thread(server.start)
    patient = make_app(server.url, time_limit=20)
    hand = Hand(patient, jobs=["add"])
    hand.succeed(hand.take(), 5)
    assert await soon(waiter) == 5
    hand.close()


async def test_a_redis_that_is_away_at_first_is_not_waited_for(
    make_app: MakeApp, own_server: Callable[..., OwnServer], result: Result
) -> None:
    server = own_server(appendonly=False)
    task = make_app(server.url).enqueue("add", [1])
    server.kill()
    impatient = make_app(server.url, time_limit=0.2)
    with pytest.raises(RedisUnavailable):
        await soon(asyncio.ensure_future(result(impatient.task(task.name), 60)))


async def test_a_redis_that_freezes_ends_the_wait(
    make_app: MakeApp, own_server: Callable[..., OwnServer], result: Result
) -> None:
    server = own_server(appendonly=False)
    task = make_app(server.url).enqueue("add", [1])
    impatient = make_app(server.url, time_limit=1)
    waiter = await begun(server, result(impatient.task(task.name), 2))
    server.freeze()
    with pytest.raises((RedisUnavailable, ResultTimeout)):
        await waiter


async def test_closing_the_app_ends_the_wait(app: Skedulr, job: Add, server: Server) -> None:
    waiter = await begun(server, async_result(job.enqueue(1)))
    await app.aclose()
    with pytest.raises(RedisUnavailable, match="closed"):
        await waiter
    assert (await job.aenqueue(2)).id, "it opens again when it is used again"


async def test_an_end_that_only_a_newer_skedulr_knows_asks_for_an_upgrade(
    app: Skedulr, job: Add, server: Server, result: Result
) -> None:
    task = job.enqueue(1)
    admin, tasks = server.client(), app.keys(task.pool).tasks
    unpacker = msgpack.Unpacker(raw=True)
    unpacker.feed(cast(bytes, admin.hget(tasks, task.id)))
    head = unpacker.unpack()
    head[:2] = FORMAT + 1, max(State) + 1
    admin.hset(tasks, task.id, msgpack.packb(head, use_bin_type=False))

    with pytest.raises(UpgradeNeeded):
        await result(task, PATIENT)
