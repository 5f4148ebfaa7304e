"""What keeps pools in order while nobody acts on them."""

import asyncio

import pytest

from skedulr import Skedulr, State, UpgradeNeeded, commands, sweeps
from skedulr.sweeps import Sweeper
from skedulr.sweeps.look import look
from tests.support.waiting import await_until


async def claim(app: Skedulr, instance: str, lease_ms: int, pool: str = "default") -> None:
    """Claim a task of `job` as an instance that is never heard of again."""
    keys = app.keys(pool)
    await app.aclient.run(commands.join(keys, instance, ["job"], lease_ms=lease_ms, slots=5))
    assert (await app.aclient.run(commands.exchange(keys, instance, 1, 1, []))).claims


async def test_tasks_of_a_silent_instance_go_back_after_its_lease(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    sweeper = Sweeper(app.registry, app.config.namespace)
    task = await job.aenqueue()
    await sweeper.run_once(app.aclient)
    await claim(app, "silent", 300)

    recovered = 0

    async def is_back() -> bool:
        nonlocal recovered
        seen = await sweeper.run_once(app.aclient)
        recovered += seen.recovered
        assert seen.busy or recovered
        return await task.astatus() is State.QUEUED

    await await_until(is_back)
    assert recovered == 1
    assert (await task.ainfo()).losses == 1


async def test_due_tasks_enter_the_queue_without_any_worker(app: Skedulr) -> None:
    @app.job
    async def job() -> None: ...

    sweeper = Sweeper(app.registry, app.config.namespace)
    task = await job.using(delay=60).aenqueue()
    assert await task.astatus() is State.SCHEDULED
    assert not (await sweeper.run_once(app.aclient)).busy, "nothing is due: the next look may wait"
    await app.aclient.ask(("ZADD", app.keys(task.pool).due, "XX", 1, task.id))

    async def is_queued() -> bool:
        await sweeper.run_once(app.aclient)
        return await task.astatus() is State.QUEUED

    await await_until(is_queued)


async def test_a_pool_that_only_newer_code_may_sweep_keeps_no_other_from_it(
    app: Skedulr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "POOLS_AT_ONCE", 1)
    sweeper = Sweeper(app.registry, app.config.namespace)
    newer = await app.aenqueue("job", pool="a", delay=60)
    task = await app.aenqueue("job", pool="b", delay=60)
    for each in (newer, task):
        await app.aclient.ask(("ZADD", app.keys(each.pool).due, "XX", 1, each.id))
    await app.aclient.ask(("HSET", app.keys("a").meta, "format", 9))
    with pytest.raises(UpgradeNeeded):
        await sweeper.run_once(app.aclient)
    assert await task.astatus() is State.QUEUED


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
    assert not any(seen.lease_end_ms or seen.is_due for seen in sight.pools)
    # A large request comes in pieces: what counts is that nobody waited for a reply in between.
    assert _reads(after) - _reads(before) < 20


def _reads(info: bytes) -> int:
    rows = dict(row.split(":", 1) for row in info.decode().split("\r\n") if ":" in row)
    return int(rows["total_reads_processed"])


async def test_what_is_taken_back_in_many_pools_at_once_is_counted(
    app: Skedulr, caplog: pytest.LogCaptureFixture
) -> None:
    pools = [f"pool{n}" for n in range(20)]

    @app.job
    async def job() -> None: ...

    sweeper = Sweeper(app.registry, app.config.namespace)
    for pool in pools:
        await job.using(pool=pool).aenqueue()
    await sweeper.run_once(app.aclient)
    for pool in pools:
        await claim(app, "silent", 300, pool)
    recovered = []

    async def are_back() -> bool:
        seen = await sweeper.run_once(app.aclient)
        seen.tell(app.logger)
        if seen.recovered:
            recovered.append(seen.recovered)
        return (await app.pools.aall())[0].counts[State.QUEUED] == 1 and not seen.busy

    await await_until(are_back)
    assert sum(recovered) == len(pools)
    assert f"took {recovered[0]} tasks back" in caplog.text
