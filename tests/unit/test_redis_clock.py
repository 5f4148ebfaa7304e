"""What a worker takes for Redis' time: never ahead of it, and as little behind as can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from skedulr_worker.clock import RedisClock

AHEAD = 1_700_000_000.0
"""Seconds by which the clock of Redis is ahead of the loop's."""


class Loop:
    """A loop whose time passes while somebody asks Redis."""

    now = 100.0

    def time(self) -> float:
        return self.now


class Redis:
    """Answers with its time, so many seconds after it has looked at it."""

    def __init__(self, loop: Loop, answers_take: Iterator[float]) -> None:
        self._loop = loop
        self._answers_take = answers_take

    async def ask(self, *_: Any) -> list[tuple[bytes, bytes]]:
        moment = AHEAD + self._loop.now
        self._loop.now += next(self._answers_take)
        seconds, micros = divmod(round(moment * 1e6), 1_000_000)
        return [(b"%d" % seconds, b"%d" % micros)]


def clock(*answers_take: float) -> RedisClock:
    loop: Any = Loop()
    redis: Any = Redis(loop, iter(answers_take))
    return RedisClock(redis, loop)


def behind(measured: RedisClock) -> float:
    """By how many seconds it rings too late."""
    moment = AHEAD + 200
    return measured.at(int(moment * 1000)) - 200


async def test_the_quickest_of_three_answers_counts() -> None:
    measured = clock(0.006, 0.0002, 0.004)

    await measured.measure()

    assert behind(measured) == pytest.approx(0.0002, abs=1e-5)


async def test_answers_that_all_take_long_change_nothing_that_is_known_better() -> None:
    measured = clock(0.001, 0.001, 0.001, 0.3, 0.2, 0.4)

    await measured.measure()
    await measured.measure()

    assert behind(measured) == pytest.approx(0.001, abs=1e-5)


async def test_where_nothing_is_known_any_answer_is_better() -> None:
    measured = clock(0.3, 0.2, 0.4)

    await measured.measure()

    assert behind(measured) == pytest.approx(0.2, abs=1e-5)
