"""What keeps pools in order while nobody acts on them."""

import asyncio
import time

from skedulr import Skedulr, State, commands
from skedulr.sweeps import Sweeper, look
from tests.support.waiting import await_until


async def claim(app: Skedulr, instance: str, lease_ms: int) -> None:
    """Claim a task of `job` as an instance that is never heard of again."""
    keys = app.keys("default")
    await app.aclient.run(commands.join(keys, instance, ["job"], lease_ms=lease_ms, slots=5))
    assert (await app.aclient.run(commands.exchange(keys, instance, 1, 1, []))).claims


async def test_tasks_of_a_silent_instance_go_back_after_its_lease(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    sweeper = Sweeper(app.registry, app.config.namespace)
    task = await job.aenqueue()
    await sweeper.run_once(app.aclient)
    await claim(app, "silent", 300)

    async def is_back() -> bool:
        assert (await sweeper.run_once(app.aclient)).busy or sweeper.recovered
        return await task.astatus() is State.QUEUED

    await await_until(is_back)
    assert sweeper.recovered == 1
    assert (await task.ainfo()).losses == 1


async def test_due_tasks_enter_the_queue_without_any_worker(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    sweeper = Sweeper(app.registry, app.config.namespace)
    task = await job.using(delay=0.2).aenqueue()
    assert await task.astatus() is State.SCHEDULED
    assert not (await sweeper.run_once(app.aclient)).busy, "nothing is due: the next look may wait"
    began = time.monotonic()

    async def is_queued() -> bool:
        await sweeper.run_once(app.aclient)
        return await task.astatus() is State.QUEUED

    await await_until(is_queued)
    assert time.monotonic() - began < 10


async def test_a_pool_that_missed_the_pause_of_the_cluster_gets_it(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    await job.aenqueue()
    await app.aclient.run(commands.pause(app.registry, True))  # and the producer dies half-way
    [before] = await app.pools.aall()
    assert not before.paused
    await Sweeper(app.registry, app.config.namespace).run_once(app.aclient)
    [after] = await app.pools.aall()
    assert after.paused


async def test_a_deputy_leaves_the_sweeps_to_the_coordinator_while_one_lives(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    async def tell(packed: bytes, ttl_ms: int) -> None:
        command = commands.report(app.registry, "c1", packed, ttl_ms, coordinator=True)
        await app.aclient.run(command)

    deputy = Sweeper(app.registry, app.config.namespace, deputy=True)
    task = await job.using(delay=0.01).aenqueue()
    await asyncio.sleep(0.02)
    await tell(b"here", 5_000)
    await deputy.run_once(app.aclient)
    assert await task.astatus() is State.SCHEDULED
    await tell(b"", 0)
    await deputy.run_once(app.aclient)
    assert await task.astatus() is State.QUEUED


async def test_a_coordinator_that_seems_to_live_for_ever_does_not_count(app: Skedulr) -> None:
    command = commands.report(app.registry, "c1", b"here", 3_600_000, coordinator=True)
    await app.aclient.run(command)  # and then the clock was set back
    step = look(app.registry, [])
    assert not step.parse(await app.aclient.ask(*step.calls)).coordinated


async def test_a_look_at_many_pools_is_one_trip(app: Skedulr) -> None:
    pools = [f"pool{n}" for n in range(200)]
    await asyncio.gather(*(app.aregister_pool(pool) for pool in pools))
    step = look(app.registry, [app.keys(pool) for pool in pools])
    [before] = await app.aclient.ask(("INFO", "stats"))
    sight = step.parse(await app.aclient.ask(*step.calls))
    [after] = await app.aclient.ask(("INFO", "stats"))
    assert sight.names == set(pools)
    assert not any(seen.lease_end_ms or seen.next_due_ms for seen in sight.pools.values())
    # A large request comes in pieces: what counts is that nobody waited for a reply in between.
    assert _reads(after) - _reads(before) < 20


def _reads(info: bytes) -> int:
    rows = dict(row.split(":", 1) for row in info.decode().split("\r\n") if ":" in row)
    return int(rows["total_reads_processed"])
