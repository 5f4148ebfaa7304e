"""A worker runs what is claimable, once each, in the order of its place."""

import threading
import time
from collections.abc import AsyncIterator

import pytest

from skedulr import Skedulr, State, TaskFailed, current
from tests.support.servers import Server
from tests.support.waiting import await_until


@pytest.fixture
async def app(server: Server, namespace: str) -> AsyncIterator[Skedulr]:
    made = Skedulr(server.url, namespace=namespace)
    yield made
    await made.aclose()
    made.close()


async def test_a_coroutine_job_runs_and_its_result_arrives(app: Skedulr) -> None:
    @app.job
    async def add(first: int, second: int) -> int:
        return first + second

    async with app.worker():
        task = await add.aenqueue(1, second=2)
        assert await task.aresult(10) == 3


async def test_a_plain_job_runs_in_a_thread(app: Skedulr) -> None:
    @app.job
    def where() -> str:
        return threading.current_thread().name

    async with app.worker():
        task = await where.aenqueue()
        assert (await task.aresult(10)).startswith("skedulr default")


async def test_a_job_that_raises_fails_with_its_error_and_traceback(app: Skedulr) -> None:
    @app.job
    async def boom() -> None:
        raise ValueError("no such thing")

    async with app.worker():
        task = await boom.aenqueue()
        with pytest.raises(TaskFailed, match="ValueError: no such thing") as failure:
            await task.aresult(10)
    assert "in boom" in failure.value.traceback
    assert "skedulr_worker" not in failure.value.traceback


async def test_a_delayed_task_runs_when_it_is_due_and_never_earlier(app: Skedulr) -> None:
    @app.job
    async def now() -> float:
        return time.time()

    async with app.worker():
        before = time.time()
        task = await now.using(delay=0.3).aenqueue()
        assert await task.aresult(10) - before >= 0.3


async def test_many_tasks_run_once_each(app: Skedulr) -> None:
    seen: list[int] = []

    @app.job
    async def note(index: int) -> None:
        seen.append(index)

    tasks = await app.aenqueue_many(note.s(index) for index in range(2500))
    async with app.worker(pools={"default": 20}):
        await await_until(lambda: len(seen) >= 2500, 30)
        for task in tasks[-20:]:
            await task.aresult(10)
    assert sorted(seen) == list(range(2500))


async def test_a_job_knows_itself(app: Skedulr) -> None:
    @app.job(timeout=60, meta={"team": "mail"})
    async def who() -> list[object]:
        me = current()
        assert me.remaining is not None
        return [me.id, me.job, me.pool, me.attempt, me.fence > 0, me.meta, me.remaining > 50]

    async with app.worker():
        task = await who.aenqueue()
        assert await task.aresult(10) == [
            task.id,
            "who",
            "default",
            1,
            True,
            {"team": "mail"},
            True,
        ]
        assert await task.astatus() is State.SUCCEEDED
