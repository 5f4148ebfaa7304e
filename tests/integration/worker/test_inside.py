"""A worker inside a program: it keeps the promises of one with processes of its own."""

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest

from skedulr import ConfigurationError, RedisUnavailable, Skedulr, State
from tests.support.apps import MakeApp
from tests.support.waiting import await_until


async def test_hooks_are_called_around_the_work(app: Skedulr) -> None:
    seen: list[str] = []

    @app.on_startup
    def first() -> None:
        seen.append("up")

    @app.on_startup
    async def second() -> None:
        seen.append("up too")

    @app.on_shutdown
    async def third() -> None:
        seen.append("down")

    @app.job
    async def work() -> None:
        seen.append("work")

    async with app.worker():
        await (await work.aenqueue()).aresult(10)
    assert seen == ["up", "up too", "work", "down"]


async def test_at_its_end_it_finishes_what_is_short_and_hands_back_the_rest(app: Skedulr) -> None:
    begun: list[float] = []

    @app.job
    async def work(seconds: float) -> None:
        begun.append(seconds)
        await asyncio.sleep(seconds)

    async with app.worker(grace=2):
        short, long = await work.aenqueue(0.3), await work.aenqueue(60)
        await await_until(lambda: len(begun) == 2)
    assert await short.astatus() is State.SUCCEEDED
    info = await long.ainfo()
    assert (info.state, info.attempt) == (State.QUEUED, 0)
    [pool] = await app.pools.aall()
    assert pool.instances == 0


async def test_a_thread_that_outlives_the_worker_keeps_its_task_until_it_ends(
    app: Skedulr,
) -> None:
    go_on = threading.Event()
    begun = threading.Event()

    @app.job
    def deaf() -> None:
        begun.set()
        go_on.wait(20)

    async with app.worker(grace=0.1, lease=1):
        task = await deaf.aenqueue()
        await asyncio.to_thread(begun.wait, 10)
    await asyncio.sleep(1.5)  # longer than a lease
    assert await task.astatus() is State.RUNNING
    go_on.set()

    async def is_back() -> bool:
        return await task.astatus() is State.QUEUED

    await await_until(is_back)


async def test_a_program_that_blocks_its_loop_loses_no_task(
    app: Skedulr, make_app: MakeApp
) -> None:
    runs = 0

    @app.job
    async def block() -> None:
        nonlocal runs
        runs += 1
        time.sleep(2.5)  # noqa: ASYNC251 - this is what the test is about

    other = make_app()
    other.job(name="block")(block.function)
    async with app.worker(lease=1):
        task = await block.aenqueue()
        await task.aresult(10)
    assert runs == 1
    assert (await task.ainfo()).losses == 0


async def test_two_workers_share_the_tasks(app: Skedulr, make_app: MakeApp) -> None:
    ran: dict[str, int] = {"one": 0, "two": 0}
    apps = {"one": app, "two": make_app()}

    def register(name: str) -> Any:
        async def job() -> None:
            ran[name] += 1
            await asyncio.sleep(0.005)

        return apps[name].job(name="job")(job)

    jobs = [register(name) for name in apps]
    async with contextlib.AsyncExitStack() as stack:
        for each in apps.values():
            await stack.enter_async_context(each.worker(pools={"default": 5}))
        tasks = await app.aenqueue_many(jobs[0].s() for _ in range(300))
        for task in tasks:
            await task.aresult(20)
    assert sum(ran.values()) == 300
    assert min(ran.values()) > 30


async def test_what_cannot_work_is_refused_before_anything_starts(
    app: Skedulr, make_app: MakeApp
) -> None:
    with pytest.raises(ConfigurationError, match="no jobs"):
        async with app.worker():
            raise AssertionError("not reached")

    @app.job
    async def job() -> None: ...

    refused: list[tuple[dict[str, Any], str]] = [
        ({"processes": 2}, "one process"),
        ({"colour": "red"}, "there is no option 'colour'; known: "),
        ({"lease": 0.1}, "lease"),
        ({"pools": {}}, "pools"),
        ({"pools": {"a b": 1}}, "pool name"),
        ({"pools": {"mail": 0}}, "slots"),
    ]
    for options, message in refused:
        with pytest.raises(ConfigurationError, match=message):
            async with app.worker(**options):
                raise AssertionError("not reached")
    away = make_app("redis://127.0.0.1:1/0", time_limit=0.3)
    away.job(name="job")(job.function)
    with pytest.raises(RedisUnavailable):
        async with away.worker():
            raise AssertionError("not reached")


async def test_a_job_that_wishes_for_a_process_runs_in_a_thread_and_the_log_says_so(
    app: Skedulr, caplog: pytest.LogCaptureFixture
) -> None:
    @app.job(isolation="process")
    def alone() -> str:
        return threading.current_thread().name

    async with app.worker():
        assert (await (await alone.aenqueue()).aresult(10)).startswith("skedulr")
        assert (await (await alone.aenqueue()).aresult(10)).startswith("skedulr")
    [said] = [line for line in caplog.messages if "no processes of its own" in line]
    assert "run in threads here, where nothing can stop them: alone;" in said
    assert "Run `skedulr worker`" in said


async def test_it_reports_what_it_is_and_takes_the_report_away(app: Skedulr) -> None:
    @app.job(pool="mail")
    async def job() -> None: ...

    async def reports() -> list[dict[str, Any]]:
        return await asyncio.to_thread(app.workers)

    async with app.worker(id="inside", concurrency=7):
        await await_until(reports)
        [report] = await reports()
        assert report["name"].startswith("inside-1.")
        assert {pool: facts["slots"] for pool, facts in report["pools"].items()} == {
            "default": 7,
            "mail": 7,
        }
        assert report["rss"] > 1_000_000
        names = {loop["name"] for loop in report["loops"]}
        assert names == {"heartbeat", "sweep", "report", "suspects", "predecessors"}
        [child] = report["children"]
        names = {loop["name"] for loop in child["loops"]}
        assert names == {"event loop", "clock", "claim default", "claim mail"}

    async with app.worker(id="inside"):

        async def states() -> set[str]:
            [report] = await reports() or [{"loops": [], "children": []}]
            parts = [report, *report["children"]]
            return {loop["state"] for part in parts for loop in part["loops"]}

        async def all_work() -> bool:
            return await states() == {"working"}

        await await_until(all_work, 20)
    assert await reports() == []


async def test_suspects_run_here_as_well_and_the_log_says_how(
    app: Skedulr, caplog: pytest.LogCaptureFixture
) -> None:
    @app.job
    async def fine() -> int:
        return 1

    @app.job
    async def other() -> int:
        return 2

    # Two workers that died while they ran two tasks have left them as suspects.
    from skedulr import commands

    keys = app.keys("default")
    tasks = [await fine.aenqueue(), await fine.aenqueue()]
    for name in ("dead-1", "dead-2"):
        await app.aclient.run(commands.join(keys, name, ["fine", "other"], lease_ms=9000, slots=2))
        await app.aclient.run(commands.exchange(keys, name, 1, 2, []))
        left = await app.aclient.run(commands.leave(keys, name, crashed=True))
    assert left.suspects == 2
    async with app.worker():
        for task in tasks:
            assert await task.aresult(15) == 1
    [said] = [line for line in caplog.messages if "no processes of its own" in line]
    assert "run one at a time here" in said
    assert "Run `skedulr worker`" in said
