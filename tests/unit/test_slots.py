"""When schedules run: exact lists, above all where clocks are changed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from skedulr.schedules.timing import Cron, Interval, Once
from skedulr_coordinator.slots import cron_slots, newest, slots_of
from tests.unit.clocks import BERLIN, HOUR, LORD_HOWE, MINUTE, NEW_YORK, ms


def local(slot: int, zone: str) -> str:
    return datetime.fromtimestamp(slot / 1000, ZoneInfo(zone)).isoformat(timespec="minutes")


def follow(expression: str, zone: str, since: str, count: int) -> list[str]:
    """The slots after a local time, in local time with their offset."""
    slots = cron_slots(expression, zone)
    slot, found = ms(since, zone), []
    for _ in range(count):
        slot = slots.after(slot)
        found.append(local(slot, zone))
    return found


GAPS = [
    # A time that the clocks skip runs once, right after the gap.
    (
        *("30 2 * * *", BERLIN, "2026-03-28T00:00"),
        ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"],
    ),
    (
        *("30 2 * * *", NEW_YORK, "2026-03-07T00:00"),
        ["2026-03-07T02:30-05:00", "2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"],
    ),
    # Half an hour is skipped at 02:00.
    (
        *("15 2 * * *", LORD_HOWE, "2026-10-03T00:00"),
        ["2026-10-03T02:15+10:30", "2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
    ),
    (
        *("45 2 * * *", LORD_HOWE, "2026-10-03T00:00"),
        ["2026-10-03T02:45+10:30", "2026-10-04T02:45+11:00", "2026-10-05T02:45+11:00"],
    ),
    # Several that fall into one gap run once.
    (
        *("*/20 2 * * *", BERLIN, "2026-03-28T02:30"),
        ["2026-03-28T02:40+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    (
        *("*/30 2 * * *", BERLIN, "2026-03-28T02:15"),
        ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    # … also together with one at its end.
    (
        *("30 2,3 * * *", BERLIN, "2026-03-28T03:00"),
        ["2026-03-28T03:30+01:00", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"],
    ),
    (
        *("0 2,3 * * *", BERLIN, "2026-03-28T02:30"),
        ["2026-03-28T03:00+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
    ),
    # Midnight itself is skipped.
    (
        *("0 0 * * *", "America/Santiago", "2026-09-04T12:00"),
        ["2026-09-05T00:00-04:00", "2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"],
    ),
    # A whole day is skipped: the date line moved.
    (
        *("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00"),
        ["2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"],
    ),
    # A day that is skipped in a month that is asked for.
    (
        *("0 12 30 12 *", "Pacific/Apia", "2010-12-31T00:00"),
        ["2011-12-31T00:00+14:00", "2012-12-30T12:00+14:00", "2013-12-30T12:00+14:00"],
    ),
]

OVERLAPS = [
    # Of a time that comes twice, the first counts.
    (
        *("30 2 * * *", BERLIN, "2026-10-24T00:00"),
        ["2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"],
    ),
    (
        *("30 1 * * *", NEW_YORK, "2026-10-31T00:00"),
        ["2026-10-31T01:30-04:00", "2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"],
    ),
    (
        *("45 1 * * *", LORD_HOWE, "2026-04-04T00:00"),
        ["2026-04-04T01:45+11:00", "2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"],
    ),
    (
        *("*/30 2 * * *", BERLIN, "2026-10-24T02:15"),
        [
            "2026-10-24T02:30+02:00",
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-26T02:00+01:00",
        ],
    ),
    # The end of the repeated hour comes once anyway.
    (
        *("0 3 * * *", BERLIN, "2026-10-24T00:00"),
        ["2026-10-24T03:00+02:00", "2026-10-25T03:00+01:00", "2026-10-26T03:00+01:00"],
    ),
    # The hour before midnight comes twice.
    (
        *("30 23 * * *", "America/Sao_Paulo", "2018-02-16T00:00"),
        ["2018-02-16T23:30-02:00", "2018-02-17T23:30-02:00", "2018-02-18T23:30-03:00"],
    ),
]

HOURLY = [
    # Every hour goes by elapsed time.
    (
        *("30 * * * *", BERLIN, "2026-03-29T00:45"),
        ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00", "2026-03-29T04:30+02:00"],
    ),
    (
        *("0 * * * *", BERLIN, "2026-03-29T00:45"),
        ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"],
    ),
    (
        *("*/30 * * * *", BERLIN, "2026-10-25T01:45"),
        [
            "2026-10-25T02:00+02:00",
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T02:30+01:00",
            "2026-10-25T03:00+01:00",
        ],
    ),
    (
        *("*/15 * * * *", LORD_HOWE, "2026-04-05T01:40"),
        [
            "2026-04-05T01:45+11:00",
            "2026-04-05T01:30+10:30",
            "2026-04-05T01:45+10:30",
            "2026-04-05T02:00+10:30",
        ],
    ),
    (
        *("*/15 * * * *", LORD_HOWE, "2026-10-04T01:40"),
        ["2026-10-04T01:45+10:30", "2026-10-04T02:30+11:00", "2026-10-04T02:45+11:00"],
    ),
    # The last hour of the only day comes again after it has gone.
    (
        *("30 * 17 2 *", "America/Sao_Paulo", "2018-02-17T22:45"),
        ["2018-02-17T23:30-02:00", "2018-02-17T23:30-03:00", "2019-02-17T00:30-03:00"],
    ),
    (
        *("0 * * * *", "Pacific/Apia", "2011-12-29T22:30"),
        ["2011-12-29T23:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T01:00+14:00"],
    ),
    # Offsets that are no whole hours.
    (
        *("30 * * * *", "Asia/Kolkata", "2026-01-01T00:00"),
        ["2026-01-01T00:30+05:30", "2026-01-01T01:30+05:30", "2026-01-01T02:30+05:30"],
    ),
]

PLAIN = [
    (
        *("0 3 * * *", "UTC", "2026-03-28T12:00"),
        ["2026-03-29T03:00+00:00", "2026-03-30T03:00+00:00", "2026-03-31T03:00+00:00"],
    ),
    (
        *("30 6 * * *", "Asia/Kolkata", "2026-03-28T12:00"),
        ["2026-03-29T06:30+05:30", "2026-03-30T06:30+05:30"],
    ),
    (
        *("0 0 29 2 *", "UTC", "2026-01-01T00:00"),
        ["2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"],
    ),
    (
        *("0 0 31 * *", "UTC", "2026-01-15T00:00"),
        ["2026-01-31T00:00+00:00", "2026-03-31T00:00+00:00", "2026-05-31T00:00+00:00"],
    ),
    (
        *("0 0 l * *", "UTC", "2026-01-15T00:00"),
        ["2026-01-31T00:00+00:00", "2026-02-28T00:00+00:00", "2026-03-31T00:00+00:00"],
    ),
    (
        *("0 9 * * mon#2", "UTC", "2026-01-01T00:00"),
        ["2026-01-12T09:00+00:00", "2026-02-09T09:00+00:00"],
    ),
    (
        *("0 9 * * l5", "UTC", "2026-01-01T00:00"),
        ["2026-01-30T09:00+00:00", "2026-02-27T09:00+00:00"],
    ),
    # Day of the month or weekday, where both are given, as in crontab(5).
    (
        *("0 0 13 * fri", "UTC", "2026-02-01T00:00"),
        ["2026-02-06T00:00+00:00", "2026-02-13T00:00+00:00", "2026-02-20T00:00+00:00"],
    ),
    (
        *("@weekly", "UTC", "2026-01-01T00:00"),
        ["2026-01-04T00:00+00:00", "2026-01-11T00:00+00:00"],
    ),
    (
        *("0 0 * * 7", "UTC", "2026-01-01T00:00"),
        ["2026-01-04T00:00+00:00", "2026-01-11T00:00+00:00"],
    ),
    # Local mean time, with seconds in its offset, until 1893.
    (
        *("0 12 * * *", BERLIN, "1893-03-31T00:00"),
        ["1893-03-31T12:00+00:53:28", "1893-04-01T12:00+01:00"],
    ),
]


@pytest.mark.parametrize(
    ("expression", "zone", "since", "slots"), [*GAPS, *OVERLAPS, *HOURLY, *PLAIN]
)
def test_slots_are_exactly_these(expression: str, zone: str, since: str, slots: list[str]) -> None:
    assert follow(expression, zone, since, len(slots)) == slots


def test_slots_do_not_depend_on_the_moment_that_they_are_asked_from() -> None:
    slots = cron_slots("30 2 * * *", BERLIN)
    gap = ms("2026-03-29T03:00+02:00")
    for before in (1, 999, 1000, 30 * MINUTE, HOUR, 23 * HOUR):
        assert slots.after(gap - before) == gap
    assert slots.after(gap) == ms("2026-03-30T02:30+02:00")
    twice = ms("2026-10-25T02:30+02:00")
    for later in (0, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR):
        assert slots.after(twice + later) == ms("2026-10-26T02:30+01:00")


def test_an_interval_counts_from_its_anchor() -> None:
    slots = slots_of(Interval(10_000), anchor_ms=5)

    assert slots.first(5) == 10_005
    assert slots.after(10_004) == 10_005
    assert slots.after(10_005) == 20_005
    assert slots.after(-50_000) == 10_005, "there is none before the anchor"


def test_once_is_once_and_late_if_need_be() -> None:
    slots = slots_of(Once(1000), anchor_ms=0)

    assert slots.first(5000) == 1000
    assert slots.after(999) == 1000
    assert slots.after(1000) == 0


def test_what_this_host_cannot_know_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match="no time zone 'Mars/Olympus' is known here"):
        slots_of(Cron("* * * * *", "Mars/Olympus"), 0)
    with pytest.raises(ValueError, match="is known here"):
        slots_of(Cron("* * * * *", "../../etc/passwd"), 0)
    with pytest.raises(ValueError, match="61"):
        slots_of(Cron("61 * * * *", "UTC"), 0)


def test_the_newest_slots_are_found_from_their_end() -> None:
    slots = cron_slots("* * * * *", "UTC")
    first, last = ms("2026-01-01T00:00Z"), ms("2026-01-15T00:00Z")

    assert newest(slots, 3, first, last) == [last - 2 * MINUTE, last - MINUTE, last]
    assert newest(slots, 1, first, last + 59_999) == [last]
    assert newest(slots, 5, first, first + MINUTE) == [first, first + MINUTE]
    assert newest(cron_slots("0 0 1 1 *", "UTC"), 1, ms("2020-01-01T00:00Z"), last) == [first]
