"""Each slot runs once, whatever becomes of coordinators."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from skedulr.errors import RedisUnavailable
from skedulr_coordinator.schedules import Schedules
from tests.integration.coordinator.schedules.town import HOUR, SECOND, Killed, Town
from tests.support.virtual import VirtualClient


@pytest.mark.timeout(600)  # it computes all the time, beside others
async def test_two_coordinators_and_a_slot_each_second_of_two_hours(town: Town) -> None:
    """They act at once, are killed at any step, and lose replies; each slot runs once."""
    chance = Random(7)

    def trouble(when: str) -> None:
        if chance.random() < 0.01:
            raise Killed if chance.random() < 0.5 else RedisUnavailable("here", f"{when} a trip")

    client = VirtualClient(town.app, lambda: town.now, trouble)
    coordinators = [Schedules(town.app), Schedules(town.app)]
    await town.schedule(every=1, catch_up="all(1000)")
    await town.turn()
    began, killed = town.now, 0

    async def act(which: int) -> None:
        nonlocal killed
        try:
            await coordinators[which].run_once(client)
        except RedisUnavailable:
            return
        except Killed:
            killed += 1
            coordinators[which] = Schedules(town.app)

    while town.now < began + 2 * HOUR:
        town.now += chance.choice([400, 1000, 2500, 4000, 9000])
        await asyncio.gather(act(0), act(1))
    await client.close()
    await town.until(began + 2 * HOUR + 10 * SECOND)  # beyond the longest step over the end

    slots = await town.slots()
    first = began + SECOND
    expected = [
        datetime.fromtimestamp((first + n * SECOND) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for n in range(7210)
    ]
    assert slots == expected
    assert killed > 10
    enqueued = await town.app.aclient.ask(("HGET", town.app.keys("default").stats, "enqueued"))
    assert int(enqueued[0]) == len(expected), "and each was submitted once"


async def test_a_coordinator_that_is_away_across_a_slot_runs_it_when_it_is_back(town: Town) -> None:
    await town.schedule(every="1h")
    await town.turn()

    town.now += HOUR + 30 * SECOND
    await town.turn(Schedules(town.app))

    assert await town.slots() == ["2026-11-01T01:00:00Z"]
    assert (await town.get()).next_ms == town.time("2026-11-01T02:00:00Z")
