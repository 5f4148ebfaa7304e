"""An event that cannot be carried out stops no other, and is told of once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from skedulr import State, Task
from skedulr_coordinator import triggers
from skedulr_coordinator.triggers import Triggers
from tests.integration.workflows.conftest import Shop

SPOILT = b"\xc1 is no msgpack"


@pytest.fixture
async def turning(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Triggers]:
    """What carries out events, which looks at all of them in each turn."""
    monkeypatch.setattr(triggers, "AGAIN_EVERY", 0.0)
    monkeypatch.setattr(triggers, "LONGEST_WAIT", 0.01)
    turning = Triggers(shop.app)
    yield turning
    await turning.close()


async def test_an_event_that_fails_is_told_once_and_forgotten_once_it_is_carried_out(
    shop: Shop, turning: Triggers, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = await hanging(shop, "good"), await hanging(shop, "bad")
    parents = shop.app.keys("default").of("parents", bad.id)
    true = shop.app.client.ask(("HGET", parents, "default/parent"))[0]
    shop.app.client.ask(("HSET", parents, "default/parent", SPOILT))

    with caplog.at_level(logging.ERROR, logger="skedulr"):
        for _ in range(3):
            await turning.run_once(shop.app.aclient)

    assert await good.astatus() is State.CANCELLED
    assert await bad.astatus() is State.WAITING
    told = [record for record in caplog.records if "default/bad" in record.getMessage()]
    assert len(told) == 1

    shop.app.client.ask(("HSET", parents, "default/parent", true))
    for _ in range(3):
        await turning.run_once(shop.app.aclient)

    assert await bad.astatus() is State.CANCELLED
    assert not turning._failed | turning._told


async def hanging(shop: Shop, name: str) -> Task[object]:
    """A task that waits for one that was cancelled."""
    parent = await shop.give.using(id="parent").aenqueue("parent")
    await parent.acancel()
    return await shop.give.using(id=name, on_success=parent).aenqueue(name)
