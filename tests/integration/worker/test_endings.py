"""How an attempt can end, and what becomes of its task."""

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from skedulr import Fail, Retry, Skedulr, State, TaskFailed, current, retry
from tests.integration.worker.ends import ended
from tests.support.apps import MakeApp


async def test_retries_keep_their_linear_delay_and_end_as_dead(app: Skedulr) -> None:
    begins: list[int] = []

    @app.job(retry=retry.linear(2, delay=0.3))
    async def doomed() -> None:
        begins.append(time.time_ns() // 1_000_000)  # whole ms, as Redis counts
        raise OSError("never")

    async with app.worker():
        task = await doomed.aenqueue()
        assert await ended(task) is State.DEAD
    info = await task.ainfo()
    assert info.reason == "all retries used: 2"
    assert [attempt.kind for attempt in info.attempts] == ["exception"] * 3
    waits = [later - earlier for earlier, later in pairwise(begins)]
    assert len(waits) == 2
    assert min(waits) >= 300


async def test_the_nearest_retry_policy_wins(make_app: MakeApp) -> None:
    app = make_app(retry=retry.linear(5, delay=0))
    counts: dict[str, int] = {}

    async def fail(name: str) -> None:
        counts[name] = counts.get(name, 0) + 1
        raise OSError

    of_app = app.job(name="of_app")(fail)
    of_job = app.job(name="of_job", retry=retry.linear(1, delay=0))(fail)
    async with app.worker():
        tasks = [
            await of_app.aenqueue("app"),
            await of_job.aenqueue("job"),
            await of_job.using(retry=retry.linear(3, delay=0)).aenqueue("task"),
            await of_job.using(max_retries=2).aenqueue("number"),
            await of_app.using(retry=retry.none).aenqueue("none"),
        ]
        for task in tasks:
            await ended(task)
    assert counts == {"app": 6, "job": 2, "task": 4, "number": 3, "none": 1}


async def test_fail_is_final_and_retry_says_when(app: Skedulr) -> None:
    @app.job(retry=5)
    async def give_up() -> None:
        raise Fail("no such customer")

    @app.job
    async def again() -> int:
        if current().attempt == 1:
            raise Retry(after=timedelta(milliseconds=100), reason="not yet")
        return current().attempt

    async with app.worker():
        final = await give_up.aenqueue()
        assert await ended(final) is State.FAILED
        task = await again.aenqueue()
        assert await task.aresult(10) == 2
    assert [attempt.kind for attempt in (await final.ainfo()).attempts] == ["fail"]
    assert [attempt.kind for attempt in (await task.ainfo()).attempts] == ["retry"]


async def test_a_cancelled_error_that_nobody_asked_for_is_a_failure(app: Skedulr) -> None:
    @app.job
    async def odd() -> None:
        raise asyncio.CancelledError

    async with app.worker():
        with pytest.raises(TaskFailed, match="CancelledError"):
            await (await odd.aenqueue()).aresult(10)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration])
@pytest.mark.parametrize("in_thread", [False, True])
async def test_no_exception_of_a_job_ends_the_worker(
    app: Skedulr, error: type[BaseException], in_thread: bool
) -> None:
    async def coroutine() -> None:
        raise error

    def plain() -> None:
        raise error

    bad = app.job(name="bad")(plain if in_thread else coroutine)

    @app.job
    async def fine() -> int:
        return 1

    async with app.worker():
        assert await ended(await bad.aenqueue()) is State.FAILED
        assert await (await fine.aenqueue()).aresult(10) == 1


async def test_a_result_that_cannot_be_kept_fails_and_is_not_tried_again(app: Skedulr) -> None:
    runs = 0

    @app.job(retry=5)
    async def odd() -> object:
        nonlocal runs
        runs += 1
        return object()

    @app.job(retry=5)
    async def huge() -> bytes:
        return b"x" * (app.config.max_payload + 1)

    async with app.worker():
        first, second = await odd.aenqueue(), await huge.aenqueue()
        assert await ended(first) is State.FAILED
        assert await ended(second) is State.FAILED
    assert runs == 1
    assert (await first.ainfo()).attempts[0].kind == "unserialisable"
    assert "PayloadTooLarge" in (await second.ainfo()).attempts[0].error


async def test_an_error_whose_text_cannot_be_made_is_still_a_failure(app: Skedulr) -> None:
    class Mute(Exception):  # noqa: N818 - a name for the message
        def __str__(self) -> str:
            raise ZeroDivisionError

    @app.job
    async def bad() -> None:
        raise Mute

    async with app.worker():
        with pytest.raises(TaskFailed, match=r"Mute \(its text cannot be made"):
            await (await bad.aenqueue()).aresult(10)


async def test_a_long_traceback_is_cut(app: Skedulr) -> None:
    @app.job
    async def deep() -> None:
        raise ValueError("x" * 100_000)

    async with app.worker():
        task = await deep.aenqueue()
        await ended(task)
    attempt = (await task.ainfo()).attempts[0]
    assert len(attempt.error) <= 1000
    assert len(attempt.traceback) <= 17_000
