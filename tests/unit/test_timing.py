"""When a schedule runs, as a user says it and as Redis holds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import msgpack
import pytest

from skedulr.errors import InvalidOption
from skedulr.schedules import timing
from skedulr.schedules.timing import Cron, Interval, Once, Policy

MOMENT = datetime(2026, 11, 1, 3, tzinfo=timezone(timedelta(hours=2)))
MOMENT_MS = round(datetime(2026, 11, 1, 1, tzinfo=UTC).timestamp() * 1000)

NO_TEXT: list[Any] = [None, True, 3, []]


# --- what a user says -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"at": MOMENT}, Once(MOMENT_MS)),
        ({"every": 1}, Interval(1000)),
        ({"every": 1.5}, Interval(1500)),
        ({"every": "90s"}, Interval(90_000)),
        ({"every": timedelta(days=7)}, Interval(604_800_000)),
        ({"cron": "0 3 * * MON"}, Cron("0 3 * * mon", "UTC")),
        ({"cron": "@daily", "tz": "Europe/Berlin"}, Cron("@daily", "Europe/Berlin")),
        ({"cron": "@daily", "tz": ZoneInfo("Asia/Tokyo")}, Cron("@daily", "Asia/Tokyo")),
    ],
)
def test_one_of_three_says_when(said: dict[str, Any], meant: timing.Timing) -> None:
    assert timing.timing(**said) == meant


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "give one of at, every and cron"),
        ({"at": MOMENT, "every": 5}, "at and every"),
        ({"at": MOMENT, "every": 5, "cron": "@daily"}, "at and every and cron"),
        ({"every": 5, "tz": "UTC"}, "only a cron expression takes one"),
        ({"at": MOMENT, "tz": "UTC"}, "only a cron expression takes one"),
        ({"at": datetime(2026, 11, 1)}, "at cannot be"),  # noqa: DTZ001  # without a zone: what is refused
        ({"every": 0}, "the shortest interval is 1 s"),
        ({"every": 0.999}, "the shortest interval is 1 s"),
        ({"every": -1}, "every cannot be"),
        ({"every": "soon"}, "every cannot be"),
        ({"every": True}, "every cannot be"),
        ({"every": float("inf")}, "every cannot be"),
        ({"cron": "61 * * * *"}, "in the minute"),
        ({"cron": "@daily", "tz": 2}, "give the name of a time zone"),
        ({"cron": "@daily", "tz": ""}, "tz cannot be"),
        ({"cron": "@daily", "tz": "../etc/passwd"}, "tz cannot be"),
        ({"cron": "@daily", "tz": "Europe/Berln"}, "Europe/Berlin"),
    ],
)
def test_what_says_no_time_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        timing.timing(**said)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("said", "meant", "text"),
    [
        ({}, Policy("latest", 0, 0), "latest"),
        ({"catch_up": "skip", "jitter": "30s"}, Policy("skip", 0, 30_000), "skip"),
        ({"catch_up": "all"}, Policy("all", 100, 0), "all(100)"),
        ({"catch_up": "all(1)"}, Policy("all", 1, 0), "all(1)"),
        ({"catch_up": "all(1000)", "jitter": 0.5}, Policy("all", 1000, 500), "all(1000)"),
    ],
)
def test_a_policy_is_said_in_words(said: dict[str, Any], meant: Policy, text: str) -> None:
    assert timing.policy(**said) == meant
    assert meant.text == text


@pytest.mark.parametrize(
    "said",
    [
        *({"catch_up": text} for text in ("", "ALL", "all()", "all(0)", "all(1001)", "all(-1)")),
        *({"catch_up": text} for text in ("all(9999999)", "all(1) ", "all(٣)")),
        *({"catch_up": other} for other in NO_TEXT),
        {"jitter": -1},
        {"jitter": "a bit"},
    ],
)
def test_a_policy_that_is_none_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(said))):
        timing.policy(**said)


def test_runs_overlap_or_are_skipped() -> None:
    assert [timing.overlap("allow"), timing.overlap("skip")] == ["allow", "skip"]
    for wrong in ("", "Skip", "queue", None, True):
        with pytest.raises(InvalidOption, match='give "allow" or "skip"'):
            timing.overlap(wrong)


# --- what Redis holds -----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [Once(5), Interval(1000), Cron("@daily", "Europe/Berlin")])
def test_a_timing_is_read_as_it_was_written(value: timing.Timing) -> None:
    assert timing.unpack(timing.pack(value)) == value


@pytest.mark.parametrize(
    "packed",
    [
        msgpack.packb(["sunrise", 52.5]),
        msgpack.packb(["interval", 0]),
        msgpack.packb(["interval", "60"]),
        msgpack.packb(["cron", "* * * * *"]),
        msgpack.packb([]),
        msgpack.packb({}),
        msgpack.packb(7),
        b"",
        b"\xc1",
        b"\x93\xa4",
    ],
)
def test_a_timing_of_a_newer_kind_is_no_time(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of many kinds, as the library has them
        timing.unpack(packed)


def test_a_policy_is_read_as_it_was_written_also_with_more_behind_it() -> None:
    policy = Policy("all", 7, 250)
    assert timing.unpack_policy(policy.pack()) == policy
    longer = msgpack.packb(["all", 7, 250, "something newer"])
    assert timing.unpack_policy(longer) == policy


@pytest.mark.parametrize(
    "packed", [msgpack.packb(["some", 1, 0]), msgpack.packb(["all", 1]), msgpack.packb(0), b"\xc1"]
)
def test_a_policy_that_is_not_known_is_said(packed: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of many kinds, as the library has them
        timing.unpack_policy(packed)
