"""Times in words that people read."""

from __future__ import annotations

import pytest

from skedulr.schedules import crontab
from skedulr.schedules.timing import Cron, Interval, Once
from skedulr_coordinator.words import words


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (1000, "Every second"),
        (10_000, "Every 10 seconds"),
        (60_000, "Every minute"),
        (90_000, "Every 1 minute 30 seconds"),
        (5_400_000, "Every 1 hour 30 minutes"),
        (86_400_000, "Every day"),
        (604_800_000, "Every week"),
        (1500, "Every 1 second 500 ms"),
        (694_861_001, "Every 1 week 1 day 1 hour 1 minute 1 second 1 ms"),
        (7_260_000, "Every 2 hours 1 minute"),
    ],
)
def test_intervals(ms: int, said: str) -> None:
    assert words(Interval(ms)) == said


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 3 * * *", "Every day at 03:00 (UTC)"),
        ("@daily", "Every day at 00:00 (UTC)"),
        ("*/15 * * * *", "Every 15 minutes (UTC)"),
        ("0 8 * * mon-fri", "At 08:00, Monday through Friday (UTC)"),
        ("0 0 1 jan *", "At 00:00, on day 1 of the month, only in January (UTC)"),
    ],
)
def test_cron_expressions(expression: str, said: str) -> None:
    assert words(Cron(expression, "UTC")) == said


@pytest.mark.parametrize(
    "expression",
    [*crontab.ALIASES, "0 0 l * *", "0 9 * * mon#2", "0 9 * * l5", "0 0 ? * 7", "5/20 1-9/2 * * ?"],
)
def test_all_that_can_be_said_has_words(expression: str) -> None:
    said = words(Cron(crontab.check(expression), "Europe/Berlin"))
    assert said.endswith(" (Europe/Berlin)")
    assert not said.startswith(expression), said


def test_what_nobody_can_put_into_words_stands_as_it_is() -> None:
    assert words(Cron("every day", "UTC")) == "every day (UTC)"


def test_one_moment() -> None:
    assert words(Once(1_793_500_200_000)).startswith("Once at 2026-")
