"""Awaiting how a task ends: told by Redis, never by asking again and again."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from skedulr import (
    InvalidOption,
    ResultTimeout,
    Skedulr,
    State,
    TaskCancelled,
    TaskFailed,
    Undecodable,
    UnknownTask,
    commands,
)
from skedulr.wire import unpack_call
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add, calls_of
from tests.integration.client.waiters import (
    PATIENT,
    Result,
    async_result,
    begun,
    blocked,
    soon,
    sync_result,
)
from tests.support.apps import MakeApp
from tests.support.servers import Server
from tests.support.waiting import await_until


@dataclass
class Point:
    x: int
    y: int


class TestEnds:
    async def test_what_the_job_returned_is_the_result(
        self, job: Add, hand: Hand, result: Result
    ) -> None:
        for value in (3, "text", [1, (2, 3)], Point(1, 2)):
            task = job.enqueue(1)
            hand.succeed(hand.take(), value)
            assert await result(task) == value

    async def test_a_job_that_returns_nothing_has_the_result_none(
        self, job: Add, hand: Hand, result: Result
    ) -> None:
        task = job.enqueue(1)
        hand.succeed(hand.take())
        assert await result(task) is None

    @pytest.mark.parametrize("state", [State.FAILED, State.DEAD])
    async def test_a_failure_is_raised_with_its_traceback(
        self, job: Add, hand: Hand, result: Result, state: State
    ) -> None:
        task = job.enqueue(1)
        hand.retry(hand.take(), delay_ms=0)
        hand.fail(hand.take(), "ValueError: no such customer", state)
        with pytest.raises(TaskFailed, match="no such customer; repair the cause") as caught:
            await result(task)
        assert caught.value.task_id == task.name
        assert caught.value.error == "ValueError: no such customer"
        assert caught.value.traceback.startswith("Traceback")

    async def test_a_cancelled_task_says_by_whom(self, job: Add, result: Result) -> None:
        task = job.enqueue(1)
        task.cancel()
        with pytest.raises(TaskCancelled, match=r"was cancelled \(user\)") as caught:
            await result(task)
        assert caught.value.reason == "user"

    @pytest.mark.parametrize("name", ["default/nothing", "no-such-pool/nothing"])
    async def test_what_is_not_there_is_unknown_at_once(
        self, app: Skedulr, job: Add, result: Result, name: str
    ) -> None:
        job.enqueue(1)
        with pytest.raises(UnknownTask, match=name):
            await result(app.task(name))

    async def test_a_result_that_cannot_be_read_is_told(
        self, app: Skedulr, job: Add, hand: Hand, server: Server, result: Result
    ) -> None:
        task = job.enqueue(1)
        hand.succeed(hand.take(), 5)
        client: Any = server.client()
        client.hset(app.keys("default").results, task.id, b"\xc1")
        with pytest.raises(Undecodable):
            await result(task)

    async def test_a_resubmitted_task_is_awaited_anew(
        self, job: Add, hand: Hand, server: Server, result: Result
    ) -> None:
        task = job.enqueue(1)
        hand.fail(hand.take())
        with pytest.raises(TaskFailed):
            await result(task)
        task.resubmit()
        waiter = await begun(server, result(task))
        hand.succeed(hand.take(), 5)
        assert await soon(waiter) == 5


class TestTime:
    async def test_it_is_limited(self, job: Add, result: Result) -> None:
        task = job.enqueue(1)
        with pytest.raises(ResultTimeout, match=r"has not ended after 0\.05 s; wait on") as caught:
            await result(task, 0.05)
        assert isinstance(caught.value, TimeoutError)
        assert (caught.value.task_id, caught.value.seconds) == (task.name, 0.05)

    @pytest.mark.parametrize("patience", [0, -1, 0.0])
    async def test_no_time_is_a_look(
        self, job: Add, hand: Hand, result: Result, patience: float
    ) -> None:
        task = job.enqueue(1)
        with pytest.raises(ResultTimeout):
            await result(task, patience)
        hand.succeed(hand.take(), 5)
        assert await result(task, patience) == 5

    async def test_it_can_be_said_as_everywhere(self, job: Add, result: Result) -> None:
        with pytest.raises(ResultTimeout, match=r"after 0\.05 s"):
            await result(job.enqueue(1), "50ms")

    @pytest.mark.parametrize("patience", ["soon", True, float("nan"), [1]])
    async def test_what_is_no_time_is_refused(
        self, job: Add, result: Result, patience: Any
    ) -> None:
        with pytest.raises(InvalidOption, match="timeout"):
            await result(job.enqueue(1), patience)

    async def test_who_gave_up_can_wait_again(
        self, job: Add, hand: Hand, server: Server, result: Result
    ) -> None:
        task = job.enqueue(1)
        with pytest.raises(ResultTimeout):
            await result(task, 0.05)
        waiter = await begun(server, result(task))
        hand.succeed(hand.take(), 5)
        assert await soon(waiter) == 5


class TestWithoutPolling:
    async def test_nothing_is_asked_until_the_task_ends(
        self, job: Add, hand: Hand, server: Server, result: Result
    ) -> None:
        task = job.enqueue(1)
        claim = hand.take()
        with pytest.raises(ResultTimeout):
            await result(task, 0)
        admin = server.client()
        before = calls_of(admin, "evalsha")
        waiter = await begun(server, result(task))
        await await_until(lambda: calls_of(admin, "evalsha") - before == 1)
        asked = calls_of(admin, "evalsha", "blpop")
        await asyncio.sleep(0.5)  # in which nothing may happen
        assert calls_of(admin, "evalsha", "blpop") == asked
        hand.succeed(claim, 5)
        assert await soon(waiter) == 5
        assert calls_of(admin, "evalsha") - before == 3, "the question, the end, and the answer"

    async def test_a_hundred_coroutines_wait_over_one_connection(
        self, app: Skedulr, job: Add, hand: Hand, server: Server
    ) -> None:
        tasks = await app.aenqueue_many(job.s(number) for number in range(100))
        waiters = [await begun(server, async_result(task)) for task in tasks]
        assert blocked(server) == 1
        for number, claim in enumerate(hand.claim(100)):
            hand.succeed(claim, number)
        assert await soon(*waiters) == list(range(100))

    async def test_each_pool_has_a_connection_of_its_own(
        self, app: Skedulr, job: Add, hand: Hand, server: Server
    ) -> None:
        here, there = job.enqueue(1), job.using(pool="other").enqueue(2)
        first = await begun(server, async_result(here))
        second = await begun(server, async_result(there), clients=2)
        other = Hand(app, "other")
        other.succeed(other.take(), "there")
        assert await soon(second) == "there"
        hand.succeed(hand.take(), "here")
        assert await soon(first) == "here"
        other.close()


class TestSeveralWaiters:
    async def test_each_is_told(
        self, make_app: MakeApp, job: Add, hand: Hand, server: Server
    ) -> None:
        task = job.enqueue(1)
        here = await begun(server, async_result(task))
        again = asyncio.create_task(async_result(task))
        threads = [await begun(server, sync_result(task), clients=n) for n in (2, 3, 4)]
        elsewhere = await begun(server, async_result(make_app().task(task.name)), clients=5)
        hand.succeed(hand.take(), 5)
        assert await soon(here, again, elsewhere, *threads) == [5] * 6

    async def test_the_thirty_third_hears_of_it_as_well(
        self, app: Skedulr, job: Add, hand: Hand, result: Result
    ) -> None:
        task = job.enqueue(1)
        keys = app.keys("default")
        outcomes = {
            app.client.run(commands.wait(keys, task.id, f"c{n}")).outcome for n in range(32)
        }
        assert outcomes == {"waiting"}
        waiter = asyncio.create_task(result(task))
        await asyncio.sleep(0.1)
        hand.succeed(hand.take(), 5)
        assert await soon(waiter) == 5

    async def test_one_that_is_cancelled_leaves_the_others_alone(
        self, job: Add, hand: Hand, server: Server
    ) -> None:
        task = job.enqueue(1)
        staying = await begun(server, async_result(task))
        leaving = asyncio.create_task(async_result(task))
        await asyncio.sleep(0.05)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        hand.succeed(hand.take(), 5)
        assert await soon(staying) == 5

    async def test_later_waiters_find_the_reader_again(
        self, job: Add, hand: Hand, server: Server
    ) -> None:
        for number in range(3):
            task = job.enqueue(number)
            waiter = await begun(server, async_result(task))
            hand.succeed(hand.take(), number)
            assert await soon(waiter) == number


def test_sixteen_threads_enqueue_and_wait(job: Add, hand: Hand) -> None:
    def use(thread: int) -> list[int]:
        tasks = [job.enqueue(thread, number) for number in range(10)]
        return [task.result(PATIENT) for task in tasks]

    with ThreadPoolExecutor(16) as threads:
        results: list[Future[list[int]]] = [threads.submit(use, thread) for thread in range(16)]
        served = 0
        while served < 160:
            for claim in hand.claim(50):
                thread, number = unpack_call(claim.body).args
                hand.succeed(claim, 100 * thread + number)
                served += 1
        for thread, each in enumerate(results):
            assert each.result() == [100 * thread + number for number in range(10)]
