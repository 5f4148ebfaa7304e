"""What an app puts around its jobs: middleware, and handlers of errors."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from skedulr import Current, Fail, Skedulr, State, TaskFailed, current
from tests.integration.worker.ends import ended

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


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_job_sees_of_its_attempt_what_is_promised_and_nothing_else(
    app: Skedulr, in_thread: bool
) -> None:
    seen: list[Current] = []

    @app.middleware
    async def note(task: Current, call_next: Callable[[], Awaitable[Any]]) -> Any:
        seen.append(task)
        return await call_next()

    @app.on_error
    def told(task: Current, error: BaseException) -> None:
        seen.append(task)

    def look() -> None:
        seen.append(current())
        raise LookupError

    async def look_on_the_loop() -> None:
        look()

    job = app.job(name="job")(look if in_thread else look_on_the_loop)
    async with app.worker():
        task = await job.aenqueue()
        assert await ended(task) is State.FAILED
    assert len(seen) == 3
    assert len(set(seen)) == 1, "whoever asks is told of the same attempt"
    assert public(seen[0]) == public(Current)
    assert repr(seen[0]) == f"<attempt 1 of task {task.name}>"


def public(thing: object) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


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
