"""A schedule that moves from pool to pool fires in one of them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from skedulr import commands
from skedulr.schedules.declaring import declaration, said
from tests.integration.coordinator.schedules.town import MINUTE, SECOND, Killed, Town
from tests.support.virtual import VirtualClient


async def test_a_schedule_that_moves_fires_in_one_pool_alone(town: Town) -> None:
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 3 * MINUTE)
    await town.schedule(every="1m", pool="b")
    await town.until(town.now + 3 * MINUTE)

    slots = Counter([*(await town.slots("a")), *(await town.slots("b"))])
    assert set(slots.values()) == {1}
    assert len(await town.slots("a")) == 3
    assert len(await town.slots("b")) == 3
    assert (await town.get()).pool == "b"


@pytest.mark.parametrize("steps", range(1, 8))
async def test_whoever_moves_a_schedule_may_die_midway(town: Town, steps: int) -> None:
    """Each slot runs once, in one pool, and the schedule is in one of both."""
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 3 * MINUTE)

    def die(when: str) -> None:
        nonlocal steps
        steps -= when == "after"
        if not steps:
            raise Killed

    await town.app.aregister_pool("b")
    declared = said("s", town.app.call("job", pool="b"), {"every": "1m"})
    mover = VirtualClient(town.app, lambda: town.now, die)
    with suppress(Killed):
        await mover.perform(town.app.schedules.storing(declared))
    await mover.close()
    await town.until(town.now + 3 * MINUTE)

    slots = sorted([*(await town.slots("a")), *(await town.slots("b"))])
    assert slots == [f"2026-11-01T00:0{minute}:00Z" for minute in range(1, 7)]
    assert (await town.get()).pool in ("a", "b")
    stored = await town.app.aclient.ask(
        *(("HLEN", town.app.keys(pool).schedules) for pool in ("a", "b"))
    )
    assert sum(stored) == 1


async def test_a_slot_that_fires_while_its_schedule_moves_runs_once(town: Town) -> None:
    await town.schedule(every="1m", pool="a")
    await town.until(town.now + 30 * SECOND)
    await town.app.aregister_pool("b")
    declared = said("s", town.app.call("job", pool="b"), {"every": "1m"})
    steps = town.app.schedules.storing(declared)
    reply: Any = None
    while True:  # a coordinator acts before the schedule is removed
        try:
            step = steps.send(reply)
        except StopIteration:
            break
        if isinstance(step, commands.Command) and step.script == "unschedule":
            town.now = max(town.now, town.time("2026-11-01T00:01:00Z"))
            await town.turn()
        if isinstance(step, commands.Command):
            reply = await town.client.run(step)
        else:
            assert isinstance(step, commands.Read)
            reply = step.parse(await town.client.ask(*step.calls))
    await town.until(town.now + MINUTE)

    assert await town.slots("a") == ["2026-11-01T00:01:00Z"]
    assert await town.slots("b") == ["2026-11-01T00:02:00Z"]


async def test_a_stray_that_the_registry_does_not_name_is_removed_unfired(town: Town) -> None:
    await town.schedule(every="1m", pool="b")
    keys = town.app.keys("a")
    await town.app.aregister_pool("a")
    stray = declaration(
        town.app, said("s", town.app.call("job", pool="a"), {"every": 60}), by_code=False
    )
    await town.client.run(commands.schedule(keys, [stray]))
    await town.until(town.now + 5 * MINUTE)

    assert await town.slots("a") == []
    assert await town.app.aclient.ask(("HLEN", keys.schedules)) == [0]
    assert len(await town.slots("b")) == 5
