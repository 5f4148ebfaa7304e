"""Slots that came while no coordinator lived."""

from __future__ import annotations

from datetime import timedelta

import pytest

from skedulr import UnknownSchedule
from tests.integration.coordinator.schedules.town import DAY, SECOND, START, Town


@pytest.mark.parametrize(
    ("catch_up", "caught"),
    [
        ("skip", []),
        ("latest", ["2026-11-15T03:00:00Z"]),
        ("all(3)", ["2026-11-13T03:00:00Z", "2026-11-14T03:00:00Z", "2026-11-15T03:00:00Z"]),
        ("all", [f"2026-11-{day:02}T03:00:00Z" for day in range(2, 16)]),
    ],
)
async def test_two_weeks_away(town: Town, catch_up: str, caught: list[str]) -> None:
    await town.schedule(cron="0 3 * * *", catch_up=catch_up)
    await town.until(town.time("2026-11-01T12:00:00Z"))
    assert await town.slots() == ["2026-11-01T03:00:00Z"]

    town.now = town.time("2026-11-15T12:00:00Z")
    await town.turn()

    assert await town.slots() == ["2026-11-01T03:00:00Z", *caught]
    info = await town.get()
    assert info.next_ms == town.time("2026-11-16T03:00:00Z")
    missed = [(run.slot_ms, run.upto_ms) for run in info.runs if run.outcome == "missed"]
    if len(caught) == 14:
        assert missed == []
    else:
        last = 15 - len(caught)
        assert missed == [
            (town.time("2026-11-02T03:00:00Z"), town.time(f"2026-11-{last:02}T03:00:00Z"))
        ]


@pytest.mark.parametrize(("catch_up", "most"), [("skip", 7), ("latest", 7), ("all(500)", 500)])
async def test_two_weeks_of_seconds(town: Town, catch_up: str, most: int) -> None:
    """A million slots were missed: what it takes does not grow with them."""
    await town.schedule(every=1, catch_up=catch_up)
    await town.turn()

    town.now += 14 * DAY
    await town.turn()

    slots = await town.slots()
    assert most - 2 <= len(slots) <= most
    assert slots[-1] == "2026-11-15T00:00:00Z"


@pytest.mark.parametrize("catch_up", ["skip", "latest", "all"])
async def test_a_stall_of_seconds_misses_nothing(town: Town, catch_up: str) -> None:
    await town.schedule(every=1, catch_up=catch_up)
    await town.turn()

    town.now += 4 * SECOND
    await town.turn()

    assert len(await town.slots()) == 4


@pytest.mark.parametrize(("late", "runs"), [(59 * SECOND, 1), (61 * SECOND, 0)])
async def test_skip_forgives_a_minute(town: Town, late: int, runs: int) -> None:
    await town.schedule(cron="0 3 * * *", catch_up="skip")
    await town.turn()

    town.now = town.time("2026-11-01T03:00:00Z") + late
    await town.turn()

    assert len(await town.slots()) == runs


async def test_once_is_late_rather_than_never_and_then_over(town: Town) -> None:
    await town.schedule(at=START + timedelta(hours=1))
    await town.turn()
    town.now += 3 * DAY
    await town.turn()

    assert await town.slots() == ["2026-11-01T01:00:00Z"]
    assert (await town.get()).state == "finished"

    await town.until(town.now + 7 * DAY)
    with pytest.raises(UnknownSchedule):
        await town.get()
