"""The app of the lab: what is done around each of its jobs."""

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from skedulr import Current, Skedulr
from tests.acceptance.shop import trace

app = Skedulr()
isolated = functools.partial(app.job, isolation="process")

up: list[int] = []
"""The processes whose startup hook has run, as this process knows them."""


@app.on_startup
async def started() -> None:
    await asyncio.sleep(0)
    up.append(os.getpid())
    sys.stdout.write(f"process {os.getpid()} has started\n")


@app.on_shutdown
def stopped() -> None:
    sys.stdout.write(f"process {os.getpid()} has stopped\n")


@app.middleware
async def twice(task: Current, call_next: Callable[[], Awaitable[Any]]) -> Any:
    """Sees what the job returns and raises, in the job's own process."""
    try:
        answer = await call_next()
    except LookupError as error:
        raise ValueError(f"middleware in {os.getpid()} saw {error!r}") from error
    return answer * 2 if task.job == "doubled" else answer


@app.on_error
async def note_error(task: Current, error: BaseException) -> None:
    trace(type(error).__name__, task.id)
