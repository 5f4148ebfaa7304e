"""Cron expressions are checked where they are written, and what is wrong is named."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr.errors import InvalidOption
from skedulr.schedules import crontab
from skedulr_coordinator.slots import cron_slots

NOON = round(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "*/15 * * * *",
        "0 0 1 1 0",
        "59 23 31 12 7",
        "0,30 8-18/2 1-7,15 jan,mar-jun mon-fri",
        "5/20 * * * *",
        "0 0 ? * ?",
        "0 0 l * *",
        "0 0 l,15 * *",
        "0 9 * * mon#2",
        "0 9 * * l5",
        "0 0 29 2 *",
        "0 0 30,31 2 mon",  # the weekday makes it come
        *crontab.ALIASES,
    ],
)
def test_what_is_right_stays_and_can_be_planned(expression: str) -> None:
    assert crontab.check(expression) == expression
    assert cron_slots(expression, "UTC").after(NOON) > NOON


def test_letters_and_blanks_are_made_the_same() -> None:
    assert crontab.check("  0  3\t* * MON-Fri\n") == "0 3 * * mon-fri"
    assert crontab.check("@Daily") == "@daily"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("60 * * * *", "in the minute, '60' is not 0-59"),
        ("* 24 * * *", "in the hour, '24' is not 0-23"),
        ("* * 0 * *", "in the day of the month, '0' is not 1-31"),
        ("* * * 13 *", "in the month, '13' is not 1-12 or jan-dec"),
        ("* * * * 8", "in the weekday, '8' is not 0-7 or sun-sat"),
        ("* * * * moon", "in the weekday, 'moon' is not 0-7 or sun-sat"),
        ("mon * * * *", "in the minute, 'mon' is not 0-59"),
        ("-1 * * * *", "in the minute, '-1' is neither a number, a range nor a list"),
        ("1.5 * * * *", "in the minute, '1.5' is neither"),
        ("1,,2 * * * *", "in the minute, '' is neither"),
        ("*-5 * * * *", "in the minute, '*-5' is neither"),
        ("30-10 * * * *", "in the minute, the range 30-10 ends before it begins"),
        ("*/0 * * * *", "in the minute, the step '0' is not one from 1 to 59"),
        ("*/60 * * * *", "in the minute, the step '60' is not one from 1 to 59"),
        ("*/x * * * *", "in the minute, the step 'x' is not one"),
        ("? * * * *", "in the minute, '?' is neither"),
        ("* * * * mon#6", "in the weekday, 'mon#6' is neither"),
        ("* * 1#2 * *", "in the day of the month, '1#2' is neither"),
        ("* * * * xyz#1", "in the weekday, 'xyz' is not 0-7"),
        ("٣ * * * *", "in the minute, '٣' is not 0-59"),
        ("*/٣ * * * *", "in the minute, the step '٣' is not one"),
    ],
)
def test_the_field_that_is_wrong_is_named(expression: str, said: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        crontab.check(expression)
    assert said in str(caught.value)
    assert expression in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "it has 1 fields instead of 5"),
        ("* * * *", "it has 4 fields instead of 5"),
        ("0 * * * * *", "it has 6 fields instead of 5: minute, hour, day, month, weekday"),
        ("@reboot", "known: @hourly, @daily"),
        ("0 0 30 2 *", "no such month has a day 30: it never runs"),
        ("0 0 31 4,6,9,11 *", "no such month has a day 31: it never runs"),
        ("0 0 31 feb 0-6", "no such month has a day 31"),
        (None, 'give text such as "0 3 * * *"'),
        (5, 'give text such as "0 3 * * *"'),
        (b"* * * * *", 'give text such as "0 3 * * *"'),
    ],
)
def test_what_cannot_be_a_time_is_refused(expression: object, said: str) -> None:
    with pytest.raises(InvalidOption, match="cron") as caught:
        crontab.check(expression)
    assert said in str(caught.value)


def _items(field: crontab.Field) -> st.SearchStrategy[str]:
    numbers = st.integers(field.low, field.high)
    pairs = st.tuples(numbers, numbers).map(sorted)
    steps = st.integers(1, field.high)
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        pairs.map(lambda pair: f"{pair[0]}-{pair[1]}"),
        steps.map(lambda step: f"*/{step}"),
        st.tuples(pairs, steps).map(lambda both: f"{both[0][0]}-{both[0][1]}/{both[1]}"),
    )


@given(st.tuples(*(st.lists(_items(each), min_size=1, max_size=3) for each in crontab.FIELDS)))
def test_whatever_passes_can_be_planned(fields: tuple[list[str], ...]) -> None:
    """A producer has no cron library: its grammar lets nothing through that the library refuses."""
    expression = " ".join(",".join(items) for items in fields)
    try:
        crontab.check(expression)
    except InvalidOption as error:
        refused = str(error)
    else:
        slots = cron_slots(expression, "UTC")
        found = list(itertools.islice(_follow(slots.after, NOON), 3))
        assert found == sorted(set(found))
        return
    assert "it never runs" in refused


def _follow(after: Callable[[int], int], moment: int) -> Iterator[int]:
    while True:
        moment = after(moment)
        yield moment
