"""Slots around changes of the clocks, held against what the clocks themselves show."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from skedulr_coordinator.slots import cron_slots
from tests.unit.clocks import BERLIN, HOUR, LORD_HOWE, MINUTE, NEW_YORK, ms

CHANGES = [
    (BERLIN, "2026-03-29"),
    (BERLIN, "2026-10-25"),
    (NEW_YORK, "2026-03-08"),
    (NEW_YORK, "2026-11-01"),
    (LORD_HOWE, "2026-04-05"),
    (LORD_HOWE, "2026-10-04"),
    ("America/Sao_Paulo", "2018-02-17"),
    ("Pacific/Apia", "2011-12-30"),
    ("UTC", "2026-03-29"),
    ("Asia/Kolkata", "2026-03-29"),
]
"""Zones, and a day on which their clocks are changed, if ever."""

STEP = 15 * MINUTE


def shown(moment: int, zone: str) -> datetime:
    """What the clock shows."""
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).replace(tzinfo=None)


def all_slots(expression: str, zone: str, begin: int, end: int) -> list[int]:
    slots = cron_slots(expression, zone)
    slot, found = begin, []
    while (slot := slots.after(slot)) <= end:
        found.append(slot)
    return found


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("minute", [0, 15, 30, 45])
def test_each_time_that_is_named_comes_once(zone: str, day: str, minute: int) -> None:
    """Held against the clock itself: the moment at which it first shows that time, or more."""
    begin = ms(f"{day}T00:00Z") - 2 * 24 * HOUR
    end = begin + 5 * 24 * HOUR
    hours = (0, 1, 2, 3, 12, 23)
    expected, latest = set(), shown(begin, zone)
    for moment in range(begin + STEP, end + 1, STEP):
        now = shown(moment, zone)
        while latest < now:  # every time up to what it shows now, also those that it has skipped
            latest += timedelta(milliseconds=STEP)
            if latest.hour in hours and latest.minute == minute:
                expected.add(moment)
    expression = f"{minute} {','.join(map(str, hours))} * * *"
    assert all_slots(expression, zone, begin, end) == sorted(expected)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("minute", [0, 30])
def test_every_hour_comes_whenever_the_clock_shows_it(zone: str, day: str, minute: int) -> None:
    begin = ms(f"{day}T00:00Z") - 2 * 24 * HOUR
    end = begin + 5 * 24 * HOUR
    expected = [
        moment
        for moment in range(begin + STEP, end + 1, STEP)
        if shown(moment, zone).minute == minute
    ]
    assert all_slots(f"{minute} * * * *", zone, begin, end) == expected
