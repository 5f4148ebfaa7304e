"""A program with several event loops, one after the other or in threads: none hinders another."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest

from skedulr import Skedulr, Task
from tests.integration.client.hand import Hand
from tests.integration.client.kit import ids_of
from tests.support.apps import MakeApp
from tests.support.servers import Server


def test_each_loop_has_a_connection_of_its_own(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def use(number: int) -> list[Any]:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        task = await app.aenqueue("add", [number])
        waiting = asyncio.create_task(task.aresult())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        return (await task.ainfo()).args or []

    with caplog.at_level(logging.WARNING):
        assert [asyncio.run(use(number)) for number in range(5)] == [[n] for n in range(5)]
        gc.collect()
    assert caplog.messages == []
    assert [loop() for loop in loops] == [None] * 5, "what is over is not kept"


def test_a_program_may_end_at_any_moment_of_its_first_call(
    server: Server, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def end_after(turns: int) -> None:
        app = Skedulr(server.url, namespace=namespace)
        calling = asyncio.create_task(app.aenqueue("add"))
        for _ in range(turns):
            await asyncio.sleep(0)
        assert not calling.done() or calling.result().id

    with caplog.at_level(logging.WARNING):
        for turns in range(100):
            asyncio.run(end_after(turns))
        gc.collect()
    assert caplog.messages == []


def test_loops_in_threads_do_not_meet(make_app: MakeApp) -> None:
    app = make_app()
    found: dict[int, list[int]] = {}

    def use(thread: int) -> None:
        async def submit() -> list[int]:
            tasks = await asyncio.gather(
                *(app.aenqueue("add", [100 * thread + number]) for number in range(20))
            )
            return await ids_of(tasks)

        found[thread] = asyncio.run(submit())

    threads = [threading.Thread(target=use, args=[thread]) for thread in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    expected = {t: [100 * t + number for number in range(20)] for t in range(8)}
    assert found == expected


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_loop_that_was_closed_with_its_connection_open_does_no_harm(make_app: MakeApp) -> None:
    app = make_app()

    def use(call: Coroutine[Any, Any, Task[Any]]) -> Task[Any]:
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(call)
        finally:
            loop.close()

    tasks = [use(app.aenqueue("add", [number])) for number in range(3)]
    app.close()
    gc.collect()  # here, where the warnings of asyncio are known
    assert [task.info().args for task in tasks] == [[0], [1], [2]]


def test_on_uvloop_as_well(make_app: MakeApp, server: Server) -> None:
    uvloop = pytest.importorskip("uvloop")
    app = make_app()

    async def use() -> Any:
        task = await app.aenqueue("add", [1])
        hand = Hand(app, jobs=["add"])
        waiting = asyncio.create_task(task.aresult(30))
        await asyncio.sleep(0.01)
        server.client().client_kill_filter(_type="normal", skipme=True)
        hand.succeed(hand.take(), 5)
        hand.close()
        return await waiting

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(use()) == 5
