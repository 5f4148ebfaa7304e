"""Replies that get lost after the server has carried the command out: nothing is done twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from skedulr import RedisUnavailable, Skedulr, lua
from tests.integration.client.hand import Hand
from tests.integration.client.kit import MakeProxy
from tests.integration.client.proxy import Fault, Proxy
from tests.support.apps import MakeApp
from tests.support.servers import Server

ENQUEUE = lua.load("enqueue").sha.encode()
CANCEL = lua.load("cancel").sha.encode()
RESUBMIT = lua.load("resubmit").sha.encode()


@pytest.fixture
def between(proxy: MakeProxy, server: Server) -> Proxy:
    return proxy(server.url)


@pytest.fixture
def far(between: Proxy, make_app: MakeApp) -> Skedulr:
    """An app behind the proxy."""
    app = make_app(between.url, time_limit=20)
    app.enqueue("add", pool="warm")
    return app


def stored(server: Server, app: Skedulr, pool: str = "default") -> list[str]:
    client: Any = server.client()
    return [member.decode() for member in client.zrange(app.keys(pool).ready, 0, -1)]


def test_an_enqueue_is_repeated_and_stored_once(
    far: Skedulr, between: Proxy, server: Server
) -> None:
    between.lose(ENQUEUE)
    task = far.enqueue("add", [1])
    assert stored(server, far) == [task.id]


async def test_an_async_enqueue_is_repeated_and_stored_once(
    far: Skedulr, between: Proxy, server: Server
) -> None:
    await far.aenqueue("add", pool="warm")
    between.lose(ENQUEUE)
    task = await far.aenqueue("add", [1])
    assert stored(server, far) == [task.id]


@pytest.mark.parametrize("option", ["id", "key"])
def test_the_repeated_task_is_no_duplicate_of_itself(
    far: Skedulr, between: Proxy, option: str
) -> None:
    options: Any = {option: "mine"}
    between.lose(ENQUEUE)
    task = far.enqueue("add", **options)
    assert far.task(task.name).id == task.id


def test_the_last_place_of_a_full_pool_is_not_taken_twice(far: Skedulr, between: Proxy) -> None:
    far.pools.set_capacity("default", 1)
    between.lose(ENQUEUE)
    assert far.enqueue("add").status()


@pytest.mark.parametrize("after", range(5))
def test_of_many_none_is_lost_and_none_doubled(
    far: Skedulr, between: Proxy, server: Server, after: int
) -> None:
    between.lose(ENQUEUE, after=after)
    tasks = far.enqueue_many(far.call("add", [number]) for number in range(4500))
    assert stored(server, far) == [task.id for task in tasks]


@pytest.mark.parametrize("after", range(3))
async def test_of_many_none_is_lost_and_none_doubled_in_async_programs(
    far: Skedulr, between: Proxy, server: Server, after: int
) -> None:
    await far.aenqueue("add", pool="warm")
    between.lose(ENQUEUE, after=after)
    tasks = await far.aenqueue_many(far.call("add", [number]) for number in range(2500))
    assert stored(server, far) == [task.id for task in tasks]


def test_many_losses_in_a_row_are_borne(far: Skedulr, between: Proxy, server: Server) -> None:
    between.lose(ENQUEUE, times=4)
    tasks = far.enqueue_many(far.call("add", [number]) for number in range(3000))
    assert stored(server, far) == [task.id for task in tasks]


def test_a_connection_that_is_cut_between_trips_loses_nothing(
    far: Skedulr, between: Proxy, server: Server
) -> None:
    def calls() -> Any:
        for number in range(5500):
            if number % 1300 == 1299:
                between.cut()
            yield far.call("add", [number])

    tasks = far.enqueue_many(calls())
    assert stored(server, far) == [task.id for task in tasks]


def test_a_cancel_whose_reply_is_lost_has_cancelled(far: Skedulr, between: Proxy) -> None:
    task = far.enqueue("add")
    between.lose(CANCEL)
    assert task.cancel() is True


@pytest.mark.parametrize("after", [0, 70, 150])
async def test_a_workflow_is_cancelled_once_whichever_reply_is_lost(
    far: Skedulr, between: Proxy, after: int
) -> None:
    flows = []
    for _ in range(2):
        with far.workflow("large") as flow:
            for number in range(160):
                flow.add(far.call("add", [number]))
        flows.append(flow)
    between.lose(CANCEL, after=after)
    assert flows[0].cancel() == 160
    between.lose(CANCEL, after=after)
    assert await flows[1].acancel() == 160
    for flow in flows:
        assert flow.summary().counts["cancelled"] == 160


def test_a_resubmission_whose_reply_is_lost_is_made_once(far: Skedulr, between: Proxy) -> None:
    task = far.enqueue("add")
    task.cancel()
    between.lose(RESUBMIT)
    task.resubmit()
    hand = Hand(far, jobs=["add"])
    hand.succeed(hand.take())
    assert hand.claim() == []
    hand.close()


NEVER = pytest.mark.parametrize("fault", [Fault.SWALLOW, Fault.TRICKLE])


@NEVER
def test_a_reply_that_never_comes_or_never_ends_ends_the_call_in_time(
    between: Proxy, make_app: MakeApp, server: Server, fault: Fault
) -> None:
    app = make_app(between.url, time_limit=1)
    app.enqueue("add", pool="warm")
    between.lose(ENQUEUE, fault)
    with pytest.raises(RedisUnavailable, match="no reply within 1 s"):
        app.enqueue("add")
    assert app.enqueue("add").status()
    assert len(stored(server, app)) == 2, "nobody could know whether the first arrived; it did"


@NEVER
def test_a_login_whose_answers_never_come_or_never_end_ends_in_time(
    between: Proxy, make_app: MakeApp, fault: Fault
) -> None:
    app = make_app(between.url, time_limit=0.5)
    between.lose(b"SETNAME", fault, times=100)
    began = time.monotonic()
    with pytest.raises(RedisUnavailable):
        app.enqueue("add")
    assert time.monotonic() - began < 10


@NEVER
async def test_an_async_reply_that_never_comes_or_never_ends_ends_the_call_in_time(
    between: Proxy, make_app: MakeApp, fault: Fault
) -> None:
    app = make_app(between.url, time_limit=1)
    await app.aenqueue("add", pool="warm")
    between.lose(ENQUEUE, fault)
    with pytest.raises(RedisUnavailable, match="no reply within 1 s"):
        await app.aenqueue("add")
    assert (await app.aenqueue("add")).id
