"""A cluster inside the test: jobs in several pools, a worker, and any number of coordinators."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from skedulr import Job, Skedulr, State, Task
from skedulr_coordinator.coordinator import Coordinator
from tests.support.apps import MakeApp
from tests.support.waiting import await_until

POOLS = {"default": 10, "other": 10, "third": 10}


class BrokenError(Exception):
    """What a job here raises on purpose."""


@dataclass
class Shop:
    """An app with a job for each way to end, in pools of their own."""

    app: Skedulr
    give: Job[[Any], Any]
    """Returns its argument; in the default pool."""
    add: Job[[list[int]], int]
    """Adds up a list; in the pool `third`."""
    fail: Job[[], None]
    """Fails; in the pool `other`."""
    ran: list[Any]
    """The arguments with which `give` has run."""

    async def state(self, task: Task[Any]) -> State:
        """The state of a task once it has ended."""

        async def ended() -> bool:
            return (await task.astatus()).terminal

        await await_until(ended, what=f"the end of {task.name}")
        return await task.astatus()


@pytest.fixture
def shop(app: Skedulr) -> Shop:
    ran: list[Any] = []

    @app.job
    async def give(value: Any) -> Any:
        ran.append(value)
        return value

    @app.job(pool="third")
    async def add(values: list[int]) -> int:
        return sum(values)

    @app.job(pool="other")
    async def fail() -> None:
        raise BrokenError

    return Shop(app, give, add, fail, ran)


Coordinated = Callable[..., AbstractAsyncContextManager[None]]


@asynccontextmanager
async def running(make_app: MakeApp, count: int) -> AsyncIterator[None]:
    coordinators = [Coordinator(make_app()) for _ in range(count)]
    for each in coordinators:
        await each.start()
    try:
        yield
    finally:
        for each in coordinators:
            await each.stop()


@pytest.fixture
def coordinated(make_app: MakeApp) -> Coordinated:
    """Let coordinators live: `async with coordinated(2):`."""
    return lambda count=1: running(make_app, count)


@pytest.fixture
async def cluster(shop: Shop, coordinated: Coordinated) -> AsyncIterator[Shop]:
    """Give the shop with a worker for all of its pools, and a coordinator.

    The worker makes the pools known. A coordinator that finds none looks again after a second.
    """
    async with shop.app.worker(pools=POOLS), coordinated():
        yield shop
