"""A Redis that has reached its ``maxmemory``: new tasks are refused, all else goes on."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import OutOfMemory, Skedulr, SomeRefused, State
from tests.integration.client.hand import Hand
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer


@pytest.fixture
def full(make_app: MakeApp, spare: OwnServer) -> Skedulr:
    """An app that has stored some tasks in a server that takes no more."""
    app = make_app(spare.url, time_limit=20)
    app.enqueue_many(app.call("add", [number]) for number in range(10))
    spare.client().config_set("maxmemory", 1)
    return app


def some_task(app: Skedulr) -> Any:
    (ids,) = app.client.ask(("ZRANGE", app.keys("default").ready, 0, 0))
    return app.task(f"default/{ids[0].decode()}")


async def test_new_tasks_are_refused(full: Skedulr) -> None:
    with pytest.raises(OutOfMemory, match=r"no memory left .* in pool 'default'; workers still"):
        full.enqueue("add")
    with pytest.raises(OutOfMemory):
        await full.aenqueue("add")


async def test_in_new_pools_too(full: Skedulr) -> None:
    with pytest.raises(OutOfMemory, match="in pool 'other'"):
        full.enqueue("add", pool="other")
    with pytest.raises(OutOfMemory, match="in pool 'other'"):
        await full.aenqueue("add", pool="other")


def test_of_many_all_are_refused(full: Skedulr) -> None:
    calls = [full.call("add", pool=pool) for pool in ("default", "other", "default")]
    with pytest.raises(SomeRefused, match="3 of 3") as caught:
        full.enqueue_many(calls)
    assert {type(error) for error in caught.value.errors.values()} == {OutOfMemory}


def test_what_is_there_can_be_cancelled_and_seen(full: Skedulr) -> None:
    task = some_task(full)
    assert task.cancel() is True
    assert task.status() is State.CANCELLED
    assert full.pools.all()[0].counts[State.QUEUED] == 9


def test_nothing_is_resubmitted(full: Skedulr) -> None:
    task = some_task(full)
    task.cancel()
    with pytest.raises(OutOfMemory):
        task.resubmit()


async def test_pools_are_controlled(full: Skedulr) -> None:
    full.pause()
    full.resume()
    full.pools.pause("default")
    await full.pools.aresume("default")
    assert full.pools.scale("default", 3).limit == 3


def test_tasks_are_run_and_their_results_awaited(full: Skedulr) -> None:
    hand = Hand(full, jobs=["add"])
    claim = hand.take()
    hand.succeed(claim, 5)
    hand.close()
    assert full.task(f"default/{claim.id}").result(timeout=10) == 5


def test_what_a_call_reads_is_answered(full: Skedulr) -> None:
    task = some_task(full)
    assert full.task(task.id) == task
    assert task.info().job == "add"
