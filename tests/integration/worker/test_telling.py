"""Progress and log lines of running tasks are seen live, and the last ones are never lost."""

import asyncio
import time
from typing import Any

import pytest

from skedulr import Skedulr, State, current
from tests.integration.client.proxy import Proxy
from tests.support.apps import MakeApp
from tests.support.servers import Server
from tests.support.waiting import await_until


async def test_progress_and_lines_are_seen_while_the_task_runs(app: Skedulr) -> None:
    go_on = asyncio.Event()

    @app.job
    async def count() -> None:
        current().progress(40, "rows")
        current().log("counting", table="orders")
        await go_on.wait()

    async with app.worker():
        task = await count.aenqueue()

        async def is_told() -> bool:
            info = await task.ainfo()
            return bool(info.progress and info.log)

        await await_until(is_told)
        info = await task.ainfo()
        assert info.state is State.RUNNING
        assert info.progress is not None
        assert (info.progress.percent, info.progress.message) == (40, "rows")
        assert abs(info.progress.at_ms - time.time() * 1000) < 60_000
        assert [(line.message, line.facts) for line in info.log] == [
            ("counting", {"table": "orders"})
        ]
        go_on.set()
        await task.aresult(10)


@pytest.mark.parametrize("in_thread", [False, True])
async def test_the_last_words_of_a_task_arrive_before_its_end(
    app: Skedulr, in_thread: bool
) -> None:
    async def coroutine() -> None:
        plain()

    def plain() -> None:
        for percent in range(0, 101, 10):
            current().progress(percent)
            current().log(f"at {percent}")

    job = app.job(name="job")(plain if in_thread else coroutine)
    async with app.worker():
        task = await job.aenqueue()
        await task.aresult(10)
        info = await task.ainfo()
    assert info.progress is not None
    assert info.progress.percent == 100
    assert [line.message for line in info.log] == [f"at {n}" for n in range(0, 101, 10)]


async def test_the_newest_thousand_lines_are_kept(app: Skedulr) -> None:
    @app.job
    def chatter() -> None:
        for number in range(2500):
            current().log(f"line {number}")

    async with app.worker():
        task = await chatter.aenqueue()
        await task.aresult(20)
        lines = (await task.ainfo()).log
    assert len(lines) == 1000
    assert lines[-1].message == "line 2499"


async def test_progress_beyond_the_scale_is_taken_as_its_end(app: Skedulr) -> None:
    @app.job
    async def eager() -> None:
        current().progress(250)

    async with app.worker():
        task = await eager.aenqueue()
        await task.aresult(10)
        progress = (await task.ainfo()).progress
    assert progress is not None
    assert progress.percent == 100


async def test_lines_that_a_full_server_refuses_leave_a_mark(app: Skedulr, server: Server) -> None:
    if not server.is_private:
        pytest.skip("the server is not ours to fill")
    redis = server.client()
    begun, is_full, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @app.job
    async def tell() -> int:
        begun.set()
        await is_full.wait()
        current().log("into the void")
        await go_on.wait()
        current().log("heard")
        return 1

    async with app.worker():
        task = await tell.aenqueue()
        await begun.wait()
        before = refusals(redis)
        redis.config_set("maxmemory", 1)
        is_full.set()
        try:
            await await_until(lambda: refusals(redis) > before)
        finally:
            redis.config_set("maxmemory", 0)
        go_on.set()
        await task.aresult(10)
        messages = [line.message for line in (await task.ainfo()).log]
    assert messages == ["1 lines were dropped here: Redis was full", "heard"]


def refusals(redis: Any) -> int:
    """How often the server has had no memory for a command."""
    return int(redis.info("errorstats").get("errorstat_OOM", {}).get("count", 0))


async def test_lines_whose_reply_was_lost_are_kept_once(make_app: MakeApp, proxy: Proxy) -> None:
    told, go_on = asyncio.Event(), asyncio.Event()
    distant = make_app(proxy.url)

    @distant.job
    async def tell() -> None:
        current().log("needle")
        told.set()
        await go_on.wait()
        current().log("another")

    async with distant.worker():
        proxy.lose(b"needle")
        task = await tell.aenqueue()
        await told.wait()

        async def has_arrived() -> bool:
            return bool((await task.ainfo()).log)

        await await_until(has_arrived)
        go_on.set()
        await task.aresult(20)
        lines = (await task.ainfo()).log
    assert [line.message for line in lines] == ["needle", "another"]
