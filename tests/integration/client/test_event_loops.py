"""What an async program can do to the client: cancel, block, close, and begin anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import RedisUnavailable, Skedulr, State, Task
from tests.integration.client.kit import Add, calls_of, ids_of
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server


class TestSharing:
    async def test_what_coroutines_submit_together_travels_in_one_trip(
        self, job: Add, server: Server
    ) -> None:
        await job.aenqueue(0)
        before = calls_of(server.client(), "evalsha")
        tasks = await asyncio.gather(*(job.aenqueue(number) for number in range(500)))
        assert calls_of(server.client(), "evalsha") - before == 1
        assert await ids_of(tasks) == list(range(500))

    async def test_a_trip_takes_a_thousand(self, job: Add, server: Server) -> None:
        await job.aenqueue(0)
        before = calls_of(server.client(), "evalsha")
        tasks = await asyncio.gather(*(job.aenqueue(number) for number in range(2500)))
        assert calls_of(server.client(), "evalsha") - before == 3
        assert len({task.id for task in tasks}) == 2500

    async def test_and_four_megabytes(self, job: Add, server: Server) -> None:
        await job.aenqueue(0)
        before = calls_of(server.client(), "evalsha")
        await asyncio.gather(*(job.aenqueue(b"x" * 1_000_000) for _ in range(10)))
        assert calls_of(server.client(), "evalsha") - before == 2

    async def test_a_new_pool_is_made_known_once_for_all_of_them(
        self, job: Add, server: Server
    ) -> None:
        admin = server.client()
        before = calls_of(admin, "sismember", "sadd")
        await asyncio.gather(*(job.aenqueue(number) for number in range(100)))
        assert calls_of(admin, "sismember", "sadd") - before == 2

    async def test_the_refusal_of_one_is_not_that_of_others(self, app: Skedulr, job: Add) -> None:
        await job.using(id="taken").aenqueue(0)
        ends = await asyncio.gather(
            job.aenqueue(1),
            job.using(id="taken").aenqueue(2),
            job.aenqueue(object()),
            job.using(pool="other").aenqueue(4),
            return_exceptions=True,
        )
        kinds = [type(end).__name__ for end in ends]
        assert kinds == ["Task", "DuplicateId", "NotSerialisable", "Task"]

    async def test_they_all_hear_that_redis_is_away(
        self, make_app: MakeApp, own_server: Callable[..., OwnServer]
    ) -> None:
        server = own_server(appendonly=False)
        app = make_app(server.url, time_limit=1)
        await app.aenqueue("add")
        server.kill()
        ends = await asyncio.gather(
            *(app.aenqueue("add") for _ in range(100)), return_exceptions=True
        )
        assert {type(end) for end in ends} == {RedisUnavailable}


class TestCancelled:
    async def test_replies_still_reach_those_who_asked(self, app: Skedulr, job: Add) -> None:
        tasks = await app.aenqueue_many(job.s(number) for number in range(60))
        asking = [asyncio.create_task(task.ainfo()) for task in tasks]
        for turn in range(3):  # cancelled before it is sent, while it is sent, while it is awaited
            for each in asking[turn::6]:
                each.cancel()
            await asyncio.sleep(0)
        ends = await asyncio.gather(*asking, return_exceptions=True)
        for number, end in enumerate(ends):
            if number % 6 in (0, 1, 2):
                assert isinstance(end, asyncio.CancelledError | type(ends[-1]))
            else:
                assert not isinstance(end, BaseException)
                assert end.args == [number]

    async def test_the_one_who_opens_the_connection_takes_nobody_along(
        self, app: Skedulr, job: Add
    ) -> None:
        first = asyncio.create_task(job.using(id="first").aenqueue(1))
        others = [asyncio.create_task(app.atask("first")) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        ends = await asyncio.gather(first, *others, return_exceptions=True)
        assert isinstance(ends[0], asyncio.CancelledError)
        assert not [end for end in ends[1:] if isinstance(end, asyncio.CancelledError)]
        assert (await job.aenqueue(2)).id

    async def test_a_cancelled_caller_leaves_its_companions_alone(self, job: Add) -> None:
        await job.aenqueue(0)
        going = [asyncio.create_task(job.aenqueue(number)) for number in range(10)]
        await asyncio.sleep(0)
        going[3].cancel()
        ends = await asyncio.gather(*going, return_exceptions=True)
        assert isinstance(ends.pop(3), asyncio.CancelledError)
        assert all(isinstance(end, Task) for end in ends)

    async def test_a_call_that_is_cancelled_at_once_is_not_submitted(
        self, app: Skedulr, job: Add
    ) -> None:
        await job.aenqueue(0)
        going = [asyncio.create_task(job.aenqueue(number)) for number in range(1, 4)]
        await asyncio.sleep(0)
        going[1].cancel()
        ends = await asyncio.gather(*going, return_exceptions=True)
        assert [type(end) for end in ends] == [Task, asyncio.CancelledError, Task]
        assert (await app.pools.aall())[0].totals["enqueued"] == 3

    async def test_a_caller_s_own_time_limit_works(
        self, make_app: MakeApp, spare: OwnServer
    ) -> None:
        app = make_app(spare.url, time_limit=30)
        task = await app.aenqueue("add", [1])
        spare.freeze()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await task.ainfo()
        spare.thaw()
        assert (await task.ainfo()).args == [1]
        assert await task.astatus() is State.QUEUED


class TestBlocked:
    async def test_a_blocked_loop_loses_no_reply_that_came_in_time(
        self, make_app: MakeApp, server: Server
    ) -> None:
        app = make_app(time_limit=0.5)
        task = await app.aenqueue("add", [1])
        asking = asyncio.create_task(task.ainfo())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(1.5)  # noqa: ASYNC251 - a program's own mistake
        assert (await asking).args == [1]

    @pytest.mark.parametrize("turns", range(8, 40, 8))
    async def test_a_blocked_loop_connects_all_the_same(
        self, make_app: MakeApp, server: Server, turns: int
    ) -> None:
        app = make_app(time_limit=0.5)
        calling = asyncio.create_task(app.pools.aall())
        for _ in range(turns):
            await asyncio.sleep(0)
        time.sleep(1.2)  # noqa: ASYNC251 - a program's own mistake
        assert await calling == []


class TestClosed:
    async def test_what_is_under_way_fails_and_nothing_opens_again(
        self, make_app: MakeApp, spare: OwnServer
    ) -> None:
        app = make_app(spare.url, time_limit=30)
        task = await app.aenqueue("add")
        spare.freeze()
        asking = [asyncio.create_task(task.astatus()) for _ in range(3)]
        asking.append(asyncio.create_task(app.aenqueue("add")))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        await app.aclose()
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(end) for end in ends} == {RedisUnavailable}
        assert "the program closed the connection" in str(ends[0])
        spare.thaw()
        assert clients(spare) == 0

    async def test_so_does_what_waits_for_a_connection(
        self, make_app: MakeApp, spare: OwnServer
    ) -> None:
        spare.freeze()
        app = make_app(spare.url, time_limit=30)
        asking = asyncio.create_task(app.task("default/x").astatus())
        await asyncio.sleep(0.05)
        await app.aclose()
        with pytest.raises(RedisUnavailable, match="the program closed the connection"):
            await asking
        spare.thaw()

    async def test_it_may_be_closed_twice_and_used_again(self, app: Skedulr, job: Add) -> None:
        await job.aenqueue(1)
        await app.aclose()
        await app.aclose()
        app.close()
        app.close()
        assert (await job.aenqueue(2)).id
        assert job.enqueue(3).id


def clients(server: OwnServer) -> int:
    """How many connections apps have to the server."""
    admin: Any = server.client()
    return sum(client["name"] == "skedulr" for client in admin.client_list())
