"""Tests wait for conditions, and are told what never came."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.support import waiting
from tests.support.waiting import await_until, wait_until


@pytest.fixture
def values() -> Iterator[object]:
    return iter([None, 0, "", "ready", "later"])


def test_the_first_true_value_is_returned(values: Iterator[object]) -> None:
    assert wait_until(lambda: next(values)) == "ready"


def test_a_condition_that_never_holds_is_named_with_its_last_value() -> None:
    with pytest.raises(AssertionError, match=r"waited 0\.01 s for a rainbow; the last value was 0"):
        wait_until(lambda: 0, timeout=0.01, what="a rainbow")


def test_a_condition_is_asked_once_more_after_the_time_is_over() -> None:
    assert wait_until(lambda: "at once", timeout=-1) == "at once"


def test_a_machine_that_stood_still_is_asked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 9.0, 9.0])
    still = SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None)
    monkeypatch.setattr(waiting, "time", still)
    late = iter([False, True])
    assert wait_until(lambda: next(late), timeout=1)


def test_an_error_of_the_condition_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 / 0)


async def test_the_loop_goes_on_while_a_coroutine_waits(values: Iterator[object]) -> None:
    happened = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, happened.set)
    assert await await_until(happened.is_set)
    assert await await_until(lambda: next(values)) == "ready"


async def test_a_coroutine_can_be_the_condition(values: Iterator[object]) -> None:
    async def ask() -> object:
        return next(values)

    assert await await_until(ask) == "ready"


async def test_a_coroutine_is_told_what_never_came() -> None:
    with pytest.raises(AssertionError, match="for a rainbow; the last value was False"):
        await await_until(lambda: False, timeout=0.01, what="a rainbow")
