"""What a worker tells of itself at once, however long it is until its next report."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from skedulr import Skedulr
from skedulr.loops import LoopState
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr.views.instances import read_workers
from skedulr_worker import reports
from skedulr_worker.board import Blocker, Board
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import Instance
from skedulr_worker.keeper import Keeper
from skedulr_worker.orders import Order
from tests.support.waiting import await_until


class Process:
    """A worker process, as its keeper sees it."""

    number = 1
    pid = os.getpid()
    instances: Sequence[Instance] = ()

    def __init__(self) -> None:
        self.board = Board([1])

    def tell(self, order: Order) -> None:
        """It obeys nobody."""


@pytest.fixture
async def keeper(
    app: Skedulr, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Keeper, list[Process]]]:
    """Give a keeper that runs, with its processes; its next report is an hour away."""
    monkeypatch.setattr(reports, "EVERY", 3600.0)
    processes = [Process()]
    client = AsyncClient(app.address)
    keeper = Keeper(
        app,
        WorkerConfig(),
        client,
        Contact(app.logger, app.address.url),
        "worker-1",
        lambda: list(processes),
    )
    running = asyncio.create_task(keeper.run())
    yield keeper, processes
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()
    for process in processes:
        process.board.close()


async def told(app: Skedulr, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until the report holds that."""

    async def is_told() -> bool:
        return any(holds(each) for each in await app.aclient.perform(read_workers(app.registry)))

    await await_until(is_told)


async def test_a_process_that_is_blocked_is_told_at_once_and_so_is_its_recovery(
    app: Skedulr, keeper: tuple[Keeper, list[Process]]
) -> None:
    board = keeper[1][0].board
    await told(app, lambda report: report["children"][0]["blocked_by"] is None)
    board.blocker = Blocker("reports", "t", 0.0)
    await told(app, lambda report: report["children"][0]["blocked_by"] == "reports/t")
    board.blocker = None
    await told(app, lambda report: report["children"][0]["blocked_by"] is None)


async def test_a_stall_is_told_when_it_begins(
    app: Skedulr, keeper: tuple[Keeper, list[Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = keeper[1][0].board
    board.ticker.moved = time.monotonic()
    await told(app, lambda report: report["children"][0]["state"] == "starting")
    monkeypatch.setattr(reports, "STALLED_AFTER", 0.1)
    await told(app, lambda report: report["children"][0]["state"] == "stalled")


async def test_a_loop_that_fails_is_told_at_once(
    app: Skedulr, keeper: tuple[Keeper, list[Process]]
) -> None:
    board = keeper[1][0].board
    await told(app, lambda report: bool(report["children"]))
    board.clock.moved = time.monotonic()
    board.clock.state = LoopState.FAILING
    await told(
        app,
        lambda report: (
            ("clock", "failing")
            in [(loop["name"], loop["state"]) for loop in report["children"][0]["loops"]]
        ),
    )


async def test_a_process_that_begins_or_ends_is_told_at_once(
    app: Skedulr, keeper: tuple[Keeper, list[Process]]
) -> None:
    processes = keeper[1]
    await told(app, lambda report: len(report["children"]) == 1)
    processes.append(Process())
    await told(app, lambda report: len(report["children"]) == 2)


async def test_as_long_as_nothing_happens_nothing_is_told(
    app: Skedulr, keeper: tuple[Keeper, list[Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(app, lambda report: bool(report["children"]))
    looked = asyncio.Event()
    reporter = keeper[0]._reporter
    standing, facts = reporter.standing, reporter.facts
    looks = 0
    made = 0

    def look() -> Any:
        nonlocal looks
        looks += 1
        if looks == 3:
            looked.set()
        return standing()

    def make() -> dict[str, Any]:
        nonlocal made
        made += 1
        return facts()

    monkeypatch.setattr(reporter, "standing", look)
    monkeypatch.setattr(reporter, "facts", make)
    async with asyncio.timeout(30):
        await looked.wait()
    assert made == 0
