"""An attempt that is told to stop: its time is over, or somebody has cancelled its task."""

import asyncio
import threading
import time

import pytest

from skedulr import Skedulr, State, TaskCancelled, TaskFailed, current, retry
from tests.integration.worker.ends import ended
from tests.support.apps import MakeApp


async def test_a_coroutine_that_takes_too_long_is_cancelled_and_fails(app: Skedulr) -> None:
    cancelled = asyncio.Event()

    @app.job(timeout=0.2)
    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with app.worker():
        with pytest.raises(TaskFailed, match=r"TimeoutError: it took longer than 0\.2 s"):
            await (await slow.aenqueue()).aresult(10)
    assert cancelled.is_set()


async def test_a_timeout_counts_as_a_failure_for_retries(app: Skedulr) -> None:
    @app.job(timeout=0.1, retry=retry.linear(1, delay=0), retry_on=TimeoutError)
    async def slow() -> None:
        await asyncio.sleep(30)

    async with app.worker():
        task = await slow.aenqueue()
        assert await ended(task) is State.DEAD
    assert [attempt.kind for attempt in (await task.ainfo()).attempts] == ["timeout"] * 2


async def test_a_thread_that_takes_too_long_sees_it_and_fails_when_it_returns(
    app: Skedulr,
) -> None:
    @app.job(timeout=0.2)
    def slow() -> str:
        while not current().cancelled:
            time.sleep(0.01)
        return "late"

    async with app.worker():
        task = await slow.aenqueue()
        assert await ended(task) is State.FAILED
    assert [attempt.kind for attempt in (await task.ainfo()).attempts] == ["timeout"]


async def test_the_nearest_timeout_wins(make_app: MakeApp) -> None:
    app = make_app(task_timeout=60)
    seen: dict[str, float | None] = {}

    async def look(name: str) -> None:
        seen[name] = round(current().remaining or 0, -1)

    of_app = app.job(name="of_app")(look)
    of_job = app.job(name="of_job", timeout=300)(look)
    async with app.worker():
        for task in [
            await of_app.aenqueue("app"),
            await of_job.aenqueue("job"),
            await of_job.using(timeout="1000s").aenqueue("task"),
        ]:
            await task.aresult(10)
    assert seen == {"app": 60, "job": 300, "task": 1000}


async def test_cancelling_a_running_coroutine_stops_it(app: Skedulr) -> None:
    begun = asyncio.Event()

    @app.job
    async def endless() -> None:
        begun.set()
        await asyncio.sleep(60)

    async with app.worker():
        task = await endless.aenqueue()
        await begun.wait()
        assert await task.acancel() is False
        with pytest.raises(TaskCancelled):
            await task.aresult(10)
    assert await task.astatus() is State.CANCELLED


async def test_cancelling_a_running_thread_shows_it_the_wish(app: Skedulr) -> None:
    begun = threading.Event()

    @app.job
    def endless() -> None:
        begun.set()
        while not current().cancelled:
            time.sleep(0.01)
        raise InterruptedError("as asked")

    async with app.worker():
        task = await endless.aenqueue()
        await asyncio.to_thread(begun.wait, 10)
        await task.acancel()
        assert await ended(task) is State.CANCELLED


async def test_a_job_that_finishes_all_the_same_has_succeeded(app: Skedulr) -> None:
    begun = asyncio.Event()

    @app.job
    async def stubborn() -> str:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "saved"
        return "never"

    async with app.worker():
        task = await stubborn.aenqueue()
        await begun.wait()
        await task.acancel()
        assert await task.aresult(10) == "saved"
