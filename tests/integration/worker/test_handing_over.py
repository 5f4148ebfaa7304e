"""A single task goes to an idle worker in the step that submits it, and is lost on no way there."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, closing
from typing import Any

import msgpack
import pytest

from skedulr import Job, Skedulr, lua
from skedulr_worker import listener
from tests.integration.client.kit import StartServer
from tests.integration.client.proxy import Proxy
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server
from tests.support.waiting import await_until


@pytest.fixture
def own(own_server: StartServer) -> OwnServer:
    """A server that nobody else uses, so that its clients are those of the test."""
    return own_server(appendonly=False)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give the options of workers that say once that they are idle: others say it again after 5 s,
    and count as idle since then.
    """
    monkeypatch.setattr(listener, "LONGEST_WAIT", 60.0)
    return {"lease": 60.0 * listener.LEASE_PARTS}


EXCHANGE = lua.load("exchange").sha.encode()

JUNK = (
    *(b"", b"\xc1", b"\x01", b"\x93\x01\x02\x03"),
    msgpack.packb([1, 2, 3, 4, 5, 6]),
    msgpack.packb(["x", b"a", b"b", 4, 5, b""]),
)
"""What no script of ours says to an instance."""


async def idle_workers(app: Skedulr, redis: Any, count: int = 1) -> None:
    """Return when so many instances of the pool have nothing to do, and listen."""
    keys = app.keys("default")

    def are_there() -> bool:
        listening = redis.pubsub_shardchannels(f"{keys.prefix}claims:*")
        idle = {keys.of("claims", name.decode()) for name in redis.zrange(keys.idle, 0, -1)}
        return len(idle.intersection(listening)) == count

    await await_until(are_there)


async def test_a_task_that_is_handed_over_runs_before_its_worker_has_asked_for_it(
    make_app: MakeApp, own: OwnServer, quiet: dict[str, Any]
) -> None:
    runs: list[int] = []
    redis = own.client()
    with closing(Proxy(own.url)) as proxy:
        app, behind = make_app(own.url), make_app(proxy.url)
        job, _ = noting(runs, app, behind)
        async with behind.worker(**quiet):
            await idle_workers(app, redis)
            # It waits for its marker, so it has had the answer to the exchange that made it idle.
            await await_until(lambda: redis.info("clients")["blocked_clients"] == 1)
            proxy.unsent = EXCHANGE
            task = await job.aenqueue(1)
            await await_until(lambda: runs == [1])
            proxy.unsent = b""
            assert await task.aresult(10) == 1


async def test_workers_take_turns(make_app: MakeApp, server: Server, quiet: dict[str, Any]) -> None:
    ran: list[int] = []
    apps = [make_app() for _ in range(3)]
    for number, app in enumerate(apps):

        @app.job(name="note")
        async def note(mine: int = number) -> None:
            ran.append(mine)

    async with AsyncExitStack() as workers:
        for app in apps:
            await workers.enter_async_context(app.worker(**quiet))
        for done in range(6):
            await idle_workers(apps[0], server.client(), 3)
            await apps[0].aenqueue("note")
            await await_until(lambda: len(ran) > done)  # noqa: B023
    assert sorted(ran[:3]) == sorted(ran[3:]) == [0, 1, 2]


def noting(runs: list[int], *apps: Skedulr) -> list[Job[[int], Any]]:
    """The job `note` of each app, which answers its argument and adds it to the runs."""

    async def note(index: int) -> int:
        runs.append(index)
        return index

    return [app.job(note) for app in apps]


async def test_a_message_that_does_not_arrive_costs_time_and_nothing_else(
    app: Skedulr, make_app: MakeApp, proxy: Proxy, server: Server
) -> None:
    runs: list[int] = []
    behind = make_app(proxy.url, time_limit=1)
    job, _ = noting(runs, app, behind)
    async with behind.worker(lease=6):
        await idle_workers(app, server.client())
        proxy.withheld = b"smessage"
        task = await job.aenqueue(1)
        assert await task.aresult(20) == 1
        assert (await task.ainfo()).state.label == "succeeded"
    proxy.withheld = b""
    assert runs == [1]


async def test_connections_that_break_while_tasks_are_handed_over_cost_nothing(
    app: Skedulr, make_app: MakeApp, proxy: Proxy
) -> None:
    runs: list[int] = []
    behind = make_app(proxy.url, time_limit=1)
    job, _ = noting(runs, app, behind)
    async with behind.worker(pools={"default": 2}, lease=6):
        tasks = []
        for index in range(120):
            tasks.append(await job.aenqueue(index))
            await asyncio.sleep(0.005)
            if index % 10 == 9:
                proxy.cut()
        assert [await task.aresult(20) for task in tasks] == list(range(120))
    assert sorted(runs) == list(range(120))
    assert {(await task.ainfo()).attempt for task in tasks} == {1}


async def test_what_others_say_on_the_channel_does_no_harm(app: Skedulr, server: Server) -> None:
    @app.job
    async def answer() -> int:
        return 42

    async with app.worker():
        await idle_workers(app, server.client())
        redis: Any = server.client()
        for channel in redis.pubsub_shardchannels(f"{app.keys('default').prefix}claims:*"):
            for junk in JUNK:
                assert redis.execute_command("SPUBLISH", channel, junk) == 1
        assert await (await answer.aenqueue()).aresult(10) == 42


async def test_a_user_who_may_use_no_channels_works_as_well_and_is_told_so_once(
    make_app: MakeApp, own: OwnServer, caplog: pytest.LogCaptureFixture
) -> None:
    own.client().acl_setuser(
        "plain",
        enabled=True,
        passwords=["+pass"],
        keys=["*"],
        commands=["+@all"],
        reset_channels=True,
    )
    app = make_app(f"redis://plain:pass@127.0.0.1:{own.port}/0")

    @app.job
    async def answer() -> int:
        return 42

    def refusals() -> list[str]:
        return [message for message in caplog.messages if "allow the user" in message]

    redis: Any = own.client()
    with caplog.at_level(logging.WARNING):
        async with app.worker():
            for _ in range(2):
                await await_until(lambda: redis.info("clients")["blocked_clients"] > 0)
                assert await (await answer.aenqueue()).aresult(10) == 42
                redis.client_kill_filter(_type="normal", skipme=True)
            await await_until(lambda: redis.info("clients")["blocked_clients"] > 0)
    (warning,) = refusals()
    assert "&{namespace*" in warning


async def test_a_producer_who_may_use_no_channels_wakes_a_worker(
    make_app: MakeApp, own: OwnServer
) -> None:
    own.client().acl_setuser(
        "plain", enabled=True, passwords=["+pass"], keys=["*"], commands=["+@all"]
    )
    app = make_app(own.url)
    plain = make_app(f"redis://plain:pass@127.0.0.1:{own.port}/0")

    async def answer() -> int:
        return 42

    app.job(answer)
    async with app.worker():
        await idle_workers(app, own.client())
        assert await (await plain.job(answer).aenqueue()).aresult(10) == 42
        await idle_workers(app, own.client())  # and takes none away from those who may
