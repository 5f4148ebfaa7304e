"""Spans and points of time as users write them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr.durations import LONGEST, instant, milliseconds, seconds
from skedulr.errors import InvalidOption


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, 0),
        (5, 5),
        (0.25, 0.25),
        (timedelta(minutes=2), 120),
        ("500ms", 0.5),
        ("15s", 15),
        ("2m", 120),
        ("1h", 3600),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        (" 15 s ", 15),
        ("15", 15),
        ("0.5", 0.5),
        (LONGEST, LONGEST),
    ],
)
def test_a_span_is_seconds_a_timedelta_or_text(written: Any, meant: float) -> None:
    assert seconds(written) == meant
    assert type(seconds(written)) is float


@pytest.mark.parametrize(
    "written",
    [
        -1,
        -0.001,
        math.nan,
        math.inf,
        10**400,
        LONGEST + 1,
        timedelta(seconds=-1),
        timedelta.max,
        True,
        None,
        b"15s",
        [15],
        "",
        " ",
        "s",
        "15 parsecs",
        "5M",
        "-5s",
        "1e3",
        "1h-30m",
        "15s!",
        "nan",
        "inf",
        "٣s",
        "9" * 400,
        "99999999d",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_all_else_is_refused_with_the_forms_that_are_not(written: Any) -> None:
    with pytest.raises(InvalidOption, match="500ms, 15s, 2m") as caught:
        seconds(written, "lease")
    assert caught.value.option == "lease"


@given(st.integers(0, 10**9), st.sampled_from(["ms", "s", "m"]))
def test_text_means_its_number_times_its_unit(number: int, unit: str) -> None:
    factor = {"ms": 0.001, "s": 1, "m": 60}[unit]
    if number * factor <= LONGEST:
        assert seconds(f"{number}{unit}") == pytest.approx(number * factor)


@pytest.mark.parametrize(
    ("span", "whole"),
    [
        (0, 0),
        (1.1, 1100),
        (0.1 + 0.2, 300),
        (0.0011, 2),
        ("1ms", 1),
        (timedelta(microseconds=1), 1),
    ],
)
def test_milliseconds_round_up_but_not_for_the_noise_of_fractions(span: Any, whole: int) -> None:
    assert milliseconds(span) == whole


@given(st.floats(0, 1e9))
def test_milliseconds_are_never_too_few(span: float) -> None:
    assert span * 1000 - 0.001 <= milliseconds(span) < span * 1000 + 1.001


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=UTC), 1_709_208_000_001),
        (datetime(2024, 2, 29, 12, 0, tzinfo=timezone(timedelta(hours=2))), 1_709_200_800_000),
        (datetime(2024, 7, 1, 12, 0, tzinfo=ZoneInfo("Europe/Berlin")), 1_719_828_000_000),
        (datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC), 0),
        (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), 253_402_300_799_999),
    ],
)
def test_a_moment_is_exact_milliseconds_rounded_up(moment: datetime, expected: int) -> None:
    assert instant(moment) == expected


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-14))),
        datetime(9999, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC),
    ],
)
def test_a_point_of_time_that_no_utc_clock_shows_is_refused(moment: datetime) -> None:
    with pytest.raises(InvalidOption, match="years 1 to 9999 of UTC"):
        instant(moment)


def test_a_naive_datetime_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidOption, match=r"no time zone.*ZoneInfo"):
        instant(datetime(2024, 1, 1))  # noqa: DTZ001 - the naive one is the subject


@pytest.mark.parametrize("moment", [date(2024, 1, 1), 1_709_208_000, "2024-01-01T00:00Z", None])
def test_what_is_no_datetime_is_refused(moment: Any) -> None:
    with pytest.raises(InvalidOption, match="give a datetime with a time zone"):
        instant(moment)


def test_the_message_names_the_option_of_the_user() -> None:
    with pytest.raises(InvalidOption, match=r"^delay cannot be 'soon'"):
        milliseconds("soon", "delay")
