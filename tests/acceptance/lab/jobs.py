"""Jobs in processes of their own that return, fail, and are asked to stop."""

import itertools
import os
import sys
import time
from typing import Any

from skedulr import Fail, Interrupted, Retry, current, retry
from tests.acceptance import shop
from tests.acceptance.lab.app import isolated, up
from tests.acceptance.shop import is_there, trace


@isolated()
def work(label: object, seconds: float) -> int:
    trace("begin", label)
    time.sleep(seconds)
    trace("end", label)
    return os.getpid()


@isolated()
def hold(label: object, path: str) -> int:
    """Works until there is a file of that name."""
    trace("begin", label)
    while not is_there(path):
        time.sleep(0.01)
    trace("end", label)
    return os.getpid()


isolated()(shop.print_after.function)
isolated()(shop.ignored_signals.function)


@isolated(timeout=30)
def told() -> dict[str, Any]:
    task = current()
    task.progress(40, "half")
    task.log("a line", fact=1, odd=object)
    assert task.remaining is not None
    return {
        "pid": os.getpid(),
        "public": [name for name in dir(task) if not name.startswith("_")],
        "up": os.getpid() in up,
        "attempt": task.attempt,
        "fence": task.fence,
        "remaining": task.remaining,
        "meta": task.meta,
        "cancelled": task.cancelled,
    }


@isolated()
def doubled(number: int) -> int:
    return number * 2


@isolated()
def lookup() -> None:
    raise KeyError("nothing there")


@isolated(retry=retry.linear(1, delay=0))
def hopeless() -> None:
    raise OSError("it never works")


@isolated()
def again() -> int:
    if current().attempt == 1:
        raise Retry(after=0)
    return current().attempt


@isolated(retry=5)
def final() -> None:
    raise Fail("no such customer")


@isolated()
def unkeepable() -> object:
    return object()


@isolated()
def resign() -> None:
    sys.exit(3)


@isolated()
def tidy(label: object) -> None:
    """Cleans up when it is interrupted."""
    trace("begin", label)
    try:
        time.sleep(60)
    except Interrupted as interruption:
        assert current().cancelled
        trace(interruption.reason, label)
        raise


@isolated()
def deaf(label: object) -> None:
    """Goes on when it is interrupted."""
    trace("begin", label)
    os.setpgid(0, os.getpgid(os.getppid()))  # as if it wanted to get away
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            time.sleep(1)
        except Interrupted:
            trace("interrupted", label)


@isolated()
def frozen(label: object) -> None:
    """Stays in C, where no signal reaches Python code."""
    trace("begin", label)
    sum(itertools.repeat(1, 10**12))
