"""A worker runs what is claimable, once each, in the order of its place."""

import asyncio
import threading
import time
from typing import Any

import msgpack
import pytest

from skedulr import RedisUnsuitable, Skedulr, State, Task, TaskFailed, commands, current
from skedulr.commands import Submission
from skedulr.transport.aio import AsyncClient
from tests.support.apps import MakeApp
from tests.support.waiting import await_until


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


async def test_a_system_that_makes_no_thread_for_a_while_costs_no_task(
    app: Skedulr, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    @app.job
    def one() -> int:
        return 1

    @app.job
    async def two() -> int:
        return 2

    start = threading.Thread.start
    refused: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("skedulr default") and len(refused) < 2:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    async with app.worker():
        monkeypatch.setattr(threading.Thread, "start", refuse)
        waiting = await one.aenqueue()
        await await_until(lambda: len(refused) == 1)
        assert await (await two.aenqueue()).aresult(20) == 2
        assert await waiting.aresult(20) == 1
        assert await (await one.aenqueue()).aresult(20) == 1
    assert caplog.text.count("no thread for jobs of pool default can be made now") == 1


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
    async def now() -> int:
        return whole_ms()

    async with app.worker():
        before = whole_ms()
        task = await now.using(delay=0.3).aenqueue()
        assert await task.aresult(10) - before >= 300


def whole_ms() -> int:
    """The time as Redis counts it."""
    return time.time_ns() // 1_000_000


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


async def test_strictly_by_priority_and_first_in_first_out_within_one(app: Skedulr) -> None:
    order: list[tuple[int, int]] = []

    @app.job
    async def note(priority: int, index: int) -> None:
        order.append((priority, index))

    wanted = [(priority, index) for index in range(20) for priority in (3, 0, 1023, 7)]
    tasks = [
        await note.using(priority=priority).aenqueue(priority, index) for priority, index in wanted
    ]
    async with app.worker(pools={"default": 1}):
        for task in tasks:
            await task.aresult(10)
    assert order == sorted(wanted, key=lambda pair: (-pair[0], pair[1]))


async def test_a_saturated_pool_does_not_slow_another(app: Skedulr) -> None:
    gate = threading.Event()

    @app.job(pool="slow")
    def wait() -> None:
        gate.wait(20)

    @app.job(pool="fast")
    def quick() -> str:
        return "done"

    async with app.worker(pools={"slow": 2, "fast": 2}, threads=2):
        slow = [await wait.aenqueue() for _ in range(6)]
        await await_until(lambda: _running(app, "slow", 2))
        assert await (await quick.aenqueue()).aresult(10) == "done"
        gate.set()
        for task in slow:
            await task.aresult(10)


async def _running(app: Skedulr, pool: str, count: int) -> bool:
    infos = {info.name: info for info in await app.pools.aall()}
    return pool in infos and infos[pool].counts[State.RUNNING] == count


async def test_a_pool_of_plain_jobs_claims_no_more_than_it_has_threads(app: Skedulr) -> None:
    gate = threading.Event()

    @app.job
    def wait() -> None:
        gate.wait(20)

    async with app.worker(pools={"default": 50}, threads=3):
        tasks = [await wait.aenqueue() for _ in range(10)]
        await await_until(lambda: _running(app, "default", 3))
        states = [await task.astatus() for task in tasks]
        assert states == [State.RUNNING] * 3 + [State.QUEUED] * 7
        gate.set()
        for task in tasks:
            await task.aresult(10)


async def test_prefetched_tasks_are_claimed_and_wait_for_a_slot(app: Skedulr) -> None:
    gate = asyncio.Event()
    begun: list[int] = []

    @app.job
    async def wait(index: int) -> None:
        begun.append(index)
        await gate.wait()

    tasks = [await wait.aenqueue(index) for index in range(8)]
    async with app.worker(pools={"default": 2}, prefetch=3):
        await await_until(lambda: _running(app, "default", 5))
        await await_until(lambda: len(begun) >= 2)  # a claim is counted before it is heard of
        assert begun == [0, 1]
        gate.set()
        for task in tasks:
            await task.aresult(10)
    assert begun == list(range(8))


async def test_a_task_of_a_job_that_nobody_knows_stays_queued_and_blocks_nobody(
    app: Skedulr, make_app: MakeApp
) -> None:
    @app.job
    async def known() -> int:
        return 1

    stranger = await make_app().aenqueue("stranger")
    async with app.worker(pools={"default": 1}):
        assert await (await known.aenqueue()).aresult(10) == 1
        info = await stranger.ainfo()
        assert (info.state, info.gate) == (State.QUEUED, "job:stranger")


async def test_a_call_that_cannot_be_read_is_dead_with_the_reason_and_the_worker_goes_on(
    app: Skedulr,
) -> None:
    @app.job
    async def fine() -> int:
        return 1

    broken = Submission("broken", "fine", 0, "", "", b"token", 0, 0, 0, 0, b"\xc1 no call")
    await app.aregister_pool("default")
    await app.aclient.run(commands.enqueue(app.keys("default"), [broken]))
    async with app.worker():
        task = await app.atask("default/broken")
        await await_until(lambda: _is(task, State.DEAD))
        info = await task.ainfo()
        assert info.reason == "unreadable"
        assert "cannot be read" in info.attempts[0].error
        assert await (await fine.aenqueue()).aresult(10) == 1


@pytest.mark.parametrize("options", [{"t": "30"}, {"n": "3"}, {"i": 5}], ids=str)
@pytest.mark.parametrize("job", ["on_the_loop", "in_a_thread"])
async def test_options_that_nobody_can_go_by_cost_no_worker(
    app: Skedulr, options: dict[str, Any], job: str
) -> None:
    @app.job
    async def on_the_loop() -> int:
        return 1

    @app.job
    def in_a_thread() -> int:
        return 1

    body = msgpack.packb([[], {}, options])
    broken = Submission("broken", job, 0, "", "", b"token", 0, 0, 0, 0, body)
    await app.aregister_pool("default")
    await app.aclient.run(commands.enqueue(app.keys("default"), [broken]))
    async with app.worker(pools={"default": 1}):
        task = await app.atask("default/broken")
        await await_until(lambda: _is(task, State.DEAD))
        assert (await task.ainfo()).reason == "unreadable"
        assert await (await in_a_thread.aenqueue()).aresult(10) == 1


async def test_inputs_are_asked_for_until_redis_gives_them(
    app: Skedulr, monkeypatch: pytest.MonkeyPatch
) -> None:
    @app.job
    async def take(what: int) -> int:
        return what

    ask, refused = AsyncClient.ask, asyncio.Event()

    async def refuse_once(client: AsyncClient, *calls: Any) -> list[Any]:
        if calls[0][0] == "HMGET" and not refused.is_set():
            refused.set()
            raise RedisUnsuitable("it answers 'ERR for now'", "mend it")
        return await ask(client, *calls)

    body = msgpack.packb([[None], {}, {"i": [[0, 0, ["default/parent"]]]}])
    child = Submission("child", "take", 0, "", "", b"token", 0, 0, 0, 0, body)
    await app.aregister_pool("default")
    await app.aclient.run(commands.enqueue(app.keys("default"), [child]))
    await app.aclient.ask(
        ("HSET", app.keys("default").of("inputs", "child"), "default/parent", msgpack.packb(5))
    )
    monkeypatch.setattr(AsyncClient, "ask", refuse_once)
    async with app.worker():
        assert await (await app.atask("default/child")).aresult(20) == 5
    assert refused.is_set()


async def _is(task: Task[Any], state: State) -> bool:
    return await task.astatus() is state


async def test_a_large_payload_arrives(app: Skedulr) -> None:
    @app.job
    async def size(data: bytes) -> int:
        return len(data)

    async with app.worker():
        assert await (await size.aenqueue(b"x" * 1_000_000)).aresult(20) == 1_000_000


async def test_a_paused_pool_starts_nothing_and_goes_on_when_resumed(app: Skedulr) -> None:
    @app.job
    async def fine() -> int:
        return 1

    async with app.worker():
        await app.pools.apause("default")
        task = await fine.aenqueue()
        await asyncio.sleep(0.2)
        assert await task.astatus() is State.QUEUED
        await app.pools.aresume("default")
        assert await task.aresult(10) == 1


async def test_a_limit_on_a_job_holds_and_is_used_up(app: Skedulr) -> None:
    now, most = 0, 0

    @app.job(limit=2)
    async def limited() -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1

    async with app.worker(pools={"default": 20}):
        for task in [await limited.aenqueue() for _ in range(30)]:
            await task.aresult(10)
    assert most == 2
