"""A task whose lease was over comes back to the process that still runs it."""

import pytest

from skedulr import Skedulr, commands, current
from skedulr_worker import heartbeat
from tests.support.servers import Server
from tests.support.waiting import await_until, wait_until


@pytest.fixture
def no_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heartbeat would notice the lost claim first, now and then."""
    monkeypatch.setattr(heartbeat, "LONGEST_INTERVAL", 60.0)


def end_all_leases(app: Skedulr, server: Server) -> None:
    """What happens when an instance was not heard of for a lease."""
    keys, redis = app.keys("default"), server.client()
    seconds, micros = redis.time()
    now = seconds * 1000 + micros // 1000
    redis.hset(keys.meta.decode(), mapping={"swept": now, "hold": 0})
    instances: list[bytes] = redis.zrange(keys.lease, 0, -1)  # type: ignore[assignment]  # redis-py
    for instance in instances:
        redis.zadd(keys.lease.decode(), {instance: 1})
    app.client.run(commands.recover(keys))  # unless a sweep of the worker's own was faster


async def test_what_runs_goes_on_and_is_not_run_beside_itself(
    app: Skedulr, server: Server, no_beat: None
) -> None:
    starts: list[int] = []

    @app.job
    def slow() -> int:
        starts.append(current().fence)
        wait_until(lambda: current().fence != starts[0], 20, "the second claim")
        return current().fence

    async with app.worker(lease=30):
        task = await slow.aenqueue()
        await await_until(lambda: bool(starts), what="the start")
        end_all_leases(app, server)
        fence = await task.aresult(25)
    assert len(starts) == 1
    assert fence > starts[0], "it runs under the new claim"
