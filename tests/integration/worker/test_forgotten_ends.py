"""A server that took over without the last writes has tasks for a worker's that it has ended."""

import asyncio

import pytest
from redis import Redis

from skedulr import Skedulr, State
from tests.support.servers import Server
from tests.support.waiting import await_until

pytestmark = pytest.mark.timeout(60)


class Memory:
    """What the server holds of a namespace at one moment."""

    def __init__(self, redis: Redis, namespace: str) -> None:
        self._redis = redis
        self._pattern = f"{{{namespace}*"
        with redis.pipeline() as one_step:
            keys = self._keys()
            for key in keys:
                one_step.dump(key)
            dumps = zip(keys, one_step.execute(), strict=True)
        self._dumps = {key: dump for key, dump in dumps if dump}  # one may expire meanwhile

    def _keys(self) -> list[bytes]:
        return list(self._redis.scan_iter(self._pattern))

    def come_back(self) -> None:
        """Forget all that came after."""
        with self._redis.pipeline() as one_step:
            for key in self._keys():
                one_step.delete(key)
            for key, dump in self._dumps.items():
                one_step.restore(key, 0, dump, replace=True)
            one_step.execute()


async def test_a_task_whose_end_redis_forgot_runs_again_though_its_worker_is_idle(
    app: Skedulr, server: Server, namespace: str
) -> None:
    runs: list[int] = []
    may_end = asyncio.Event()

    @app.job
    async def job() -> int:
        runs.append(1)
        await may_end.wait()
        return len(runs)

    async with app.worker(lease=1.5):
        task = await job.aenqueue()
        await await_until(lambda: bool(runs), what="the start")
        memory = await asyncio.to_thread(Memory, server.client(), namespace)
        assert await task.astatus() is State.RUNNING
        may_end.set()
        assert await task.aresult(10) == 1
        await asyncio.to_thread(memory.come_back)
        assert await task.aresult(20) == 2
