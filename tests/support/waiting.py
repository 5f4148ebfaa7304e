"""Waiting for a condition, instead of sleeping and hoping."""

# ruff: noqa: ASYNC109 - the message says what never came, which a TimeoutError does not

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar, overload

T = TypeVar("T")

PATIENT = 30.0
"""Seconds that nothing takes on this side of a broken run, however busy the machine is."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.1


def patience() -> float:
    """Return the seconds for processes to vanish by themselves, from SKEDULR_TEST_PATIENCE."""
    return float(os.environ.get("SKEDULR_TEST_PATIENCE", "5"))


def wait_until(
    condition: Callable[[], T], timeout: float = PATIENT, what: str = "the condition"
) -> T:
    """Return the first true value of `condition()`.

    After `timeout` seconds without one, `AssertionError` says what was awaited and the last value:
    the condition is asked once more then, since a machine that stood still has not been waiting.
    An exception from the condition is not caught.
    """
    deadline = time.monotonic() + timeout
    for pause in _pauses():
        is_last = time.monotonic() > deadline
        if value := condition():
            return value
        if is_last:
            raise AssertionError(_too_late(what, timeout, value))
        time.sleep(pause)
    raise AssertionError("unreachable: there is always another pause")


@overload
async def await_until(
    condition: Callable[[], Awaitable[T]], timeout: float = ..., what: str = ...
) -> T: ...
@overload
async def await_until(condition: Callable[[], T], timeout: float = ..., what: str = ...) -> T: ...
async def await_until(
    condition: Callable[[], object],
    timeout: float = PATIENT,
    what: str = "the condition",
) -> object:
    """Do as `wait_until` does without blocking the loop; `condition` may be async."""
    deadline = time.monotonic() + timeout
    for pause in _pauses():
        is_last = time.monotonic() > deadline
        given = condition()
        value = await given if inspect.isawaitable(given) else given
        if value:
            return value
        if is_last:
            raise AssertionError(_too_late(what, timeout, value))
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: there is always another pause")


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, _LONGEST_PAUSE)


def _too_late(what: str, timeout: float, value: object) -> str:
    return f"waited {timeout:g} s for {what}; the last value was {value!r}"
