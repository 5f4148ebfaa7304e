"""A reply that gets lost changes nothing: no task runs twice, none is forgotten."""

import asyncio

import pytest

from skedulr import Skedulr, lua
from tests.integration.client.proxy import Fault, Proxy
from tests.support.apps import MakeApp

EXCHANGE = lua.load("exchange").sha.encode()


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("after", [1, 2, 5])
async def test_an_exchange_whose_reply_is_lost_is_sent_again(
    app: Skedulr, make_app: MakeApp, proxy: Proxy, fault: Fault, after: int
) -> None:
    runs: list[int] = []
    behind = make_app(proxy.url, time_limit=1)

    async def note(index: int) -> int:
        runs.append(index)
        await asyncio.sleep(0.02)
        return index

    behind.job(note)
    job = app.job(note)
    tasks = await app.aenqueue_many(job.s(index) for index in range(40))
    proxy.lose(EXCHANGE, fault, times=3, after=after)
    async with behind.worker(pools={"default": 5}, lease=6):
        assert [await task.aresult(20) for task in tasks] == list(range(40))
    assert sorted(runs) == list(range(40))
    assert {(await task.ainfo()).attempt for task in tasks} == {1}


async def test_connections_that_break_again_and_again_cost_nothing(
    app: Skedulr, make_app: MakeApp, proxy: Proxy
) -> None:
    runs: list[int] = []
    behind = make_app(proxy.url, time_limit=1)

    async def note(index: int) -> int:
        runs.append(index)
        await asyncio.sleep(0.05)
        return index

    behind.job(note)
    job = app.job(note)
    async with behind.worker(pools={"default": 5}, lease=6):
        tasks = await app.aenqueue_many(job.s(index) for index in range(100))
        for _ in range(8):
            await asyncio.sleep(0.1)
            proxy.cut()
        assert [await task.aresult(20) for task in tasks] == list(range(100))
    assert sorted(runs) == list(range(100))
