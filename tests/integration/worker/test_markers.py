"""A marker that comes to a worker which cannot use it goes on to one that can."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import msgpack
import pytest

from skedulr.sweeps import Round, Sweeper
from skedulr_worker import heartbeat
from tests.integration.client.kit import StartServer
from tests.support.apps import MakeApp
from tests.support.waiting import await_until

LEASE = 600.0


async def see_nothing(sweeper: Sweeper, client: object) -> Round:
    return Round(busy=False)


@pytest.fixture
def nobody_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats and sweeps would put the marker back, too, now and then."""
    monkeypatch.setattr(heartbeat, "LONGEST_INTERVAL", LEASE)
    monkeypatch.setattr(Sweeper, "run_once", see_nothing)


async def test_a_worker_that_stops_keeps_no_marker_from_others(
    make_app: MakeApp, own_server: StartServer, nobody_wakes: None
) -> None:
    server = own_server(appendonly=False)
    redis: Any = server.client()
    app, let_go = make_app(server.url), asyncio.Event()

    @app.job
    async def wait() -> None:
        await let_go.wait()

    keys = app.keys("default")

    def exchanges() -> int:
        [packed] = redis.hvals(keys.inst)
        return int(msgpack.unpackb(packed)[0])

    def is_waiting() -> bool:
        return bool(redis.info("clients")["blocked_clients"])

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.worker(pools={"default": 2}, lease=LEASE, grace=60))
        await wait.aenqueue()
        await await_until(lambda: redis.zcard(keys.running) == 1 and is_waiting())
        before = exchanges()
        stopping = asyncio.create_task(stack.pop_all().aclose())
        await await_until(lambda: exchanges() > before, what="its word that it claims nothing more")
        await app.aenqueue_many([wait.s(), wait.s()])
        [name] = redis.hkeys(keys.classes)
        await await_until(lambda: redis.exists(keys.of("wake", name.decode())), what="the marker")
        let_go.set()
        await stopping
