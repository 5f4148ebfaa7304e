"""How an attempt can end, and what becomes of its task."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from skedulr import Fail, Retry, Skedulr, State, Task, TaskCancelled, TaskFailed, current, retry
from tests.support.apps import MakeApp
from tests.support.waiting import await_until


async def ended(task: Task[Any]) -> State:
    """The final state, awaited."""

    async def is_terminal() -> bool:
        return (await task.astatus()).terminal

    await await_until(is_terminal, 15, f"the end of {task}")
    return await task.astatus()


async def test_retries_keep_their_linear_delay_and_end_as_dead(app: Skedulr) -> None:
    begins: list[float] = []

    @app.job(retry=retry.linear(2, delay=0.3))
    async def doomed() -> None:
        begins.append(time.monotonic())
        raise OSError("never")

    async with app.worker():
        task = await doomed.aenqueue()
        assert await ended(task) is State.DEAD
    info = await task.ainfo()
    assert info.reason == "all retries used: 2"
    assert [attempt.kind for attempt in info.attempts] == ["exception"] * 3
    waits = [later - earlier for earlier, later in pairwise(begins)]
    assert len(waits) == 2
    assert min(waits) >= 0.3


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


Middleware = Callable[[Any, Callable[[], Awaitable[Any]]], Awaitable[Any]]


@pytest.mark.parametrize("in_thread", [False, True])
async def test_the_first_middleware_is_the_outermost(app: Skedulr, in_thread: bool) -> None:
    seen: list[str] = []

    def named(name: str) -> Middleware:
        async def middleware(task: Any, call_next: Callable[[], Awaitable[Any]]) -> Any:
            seen.append(f"{name} before {task.job}")
            result = await call_next()
            seen.append(f"{name} after")
            return result + 1

        return middleware

    app.middleware(named("outer"))
    app.middleware(named("inner"))

    async def coroutine() -> int:
        assert current().id
        return 1

    def plain() -> int:
        assert current().id
        return 1

    job = app.job(name="job")(plain if in_thread else coroutine)
    async with app.worker():
        assert await (await job.aenqueue()).aresult(10) == 3
    assert seen == ["outer before job", "inner before job", "inner after", "outer after"]


async def test_an_error_of_a_middleware_fails_the_task(app: Skedulr) -> None:
    @app.middleware
    async def refuse(task: Any, call_next: Callable[[], Awaitable[Any]]) -> Any:
        raise PermissionError("not today")

    @app.job
    async def fine() -> None: ...

    async with app.worker():
        with pytest.raises(TaskFailed, match="PermissionError: not today"):
            await (await fine.aenqueue()).aresult(10)


async def test_error_handlers_are_told_and_the_task_still_fails(app: Skedulr) -> None:
    told: list[tuple[str, str]] = []

    @app.on_error
    def first(task: Any, error: BaseException) -> None:
        told.append(("sync", str(error)))
        raise RuntimeError("a handler that fails as well")

    @app.on_error
    async def second(task: Any, error: BaseException) -> None:
        told.append(("async", str(error)))

    @app.job
    async def bad() -> None:
        raise ValueError("x")

    @app.job
    async def final() -> None:
        raise Fail("on purpose")

    async with app.worker():
        assert await ended(await bad.aenqueue()) is State.FAILED
        assert await ended(await final.aenqueue()) is State.FAILED
    assert sorted(told) == [("async", "x"), ("sync", "x")]
