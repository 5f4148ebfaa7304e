"""Spans, moments and values in words that people and programs can read."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from skedulr.cli.moments import since, span
from skedulr.cli.plain import brief, visible
from skedulr.values.extensions import Opaque
from skedulr.values.plain import iso, jsonable

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1400, "1.4 s"),
        (12 * SECOND + 900, "12 s"),
        (MINUTE, "1 min"),
        (3 * MINUTE + 5 * SECOND, "3 min 5 s"),
        (2 * HOUR + 59 * SECOND, "2 h"),
        (DAY + 4 * HOUR, "1 d 4 h"),
    ],
)
def test_a_span_has_one_or_two_units(ms: int, words: str) -> None:
    assert span(ms) == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, ""),
        (NOW, "now"),
        (NOW - 999, "now"),
        (NOW - 59 * SECOND, "59 s ago"),
        (NOW - 61 * SECOND, "1 min ago"),
        (NOW + 3 * HOUR, "in 3 h"),
        (NOW - 400 * DAY, "400 d ago"),
    ],
)
def test_a_moment_is_told_from_now(ms: int, words: str) -> None:
    assert since(ms, NOW) == words


def test_a_time_is_iso_8601_in_utc_to_the_millisecond() -> None:
    assert iso(NOW + 7) == "2023-11-14T22:13:20.007Z"
    assert iso(0) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (2**200, 2**200),
        (True, True),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(minutes=1.5), 90.0),
        (b"\x00", {"base64": "AA=="}),
        ({"b", "a"}, ["a", "b"]),
        ({(1, 2): {None: 3}}, {"[1, 2]": {"null": 3}}),
        (
            Opaque("shop:Parcel", {"weight": b""}),
            {"class": "shop:Parcel", "value": {"weight": {"base64": ""}}},
        ),
    ],
)
def test_any_value_becomes_json(value: object, plain: object) -> None:
    assert jsonable(value) == plain
    json.dumps(jsonable(value), allow_nan=False)


def test_a_long_value_is_cut_and_says_so() -> None:
    assert brief("x" * 5000, 10) == '"xxxxxxxxx… (5,002 characters, --json shows all)'
    assert brief([1, "é"]) == '[1, "é"]'


def test_what_could_steer_a_terminal_is_written_out() -> None:
    assert visible("plain é 🙂\n\ttext") == "plain é 🙂\n\ttext"
    assert visible("\x1b[2J\x07\r\x9b\u202e\ud800") == r"\x1b[2J\x07\r\x9b\u202e\ud800"


def test_what_cannot_be_shown_is_said_to_be_so() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert jsonable([deep]) == "(nested too deeply to be shown)"
    assert jsonable({10**5000}) == "(too large to be shown)"
    assert str(jsonable(10**5000)).startswith("0x")
