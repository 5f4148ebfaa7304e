"""Tasks brought to an end without a worker, by the commands that one would send."""

from collections import Counter
from functools import partial
from typing import Any

from skedulr import Skedulr, State, commands
from skedulr.commands import Ack, Exchanged
from skedulr.reports import pack_problem
from skedulr.task import Task
from tests.support.waiting import await_until


class Crew:
    """An instance in every pool that claims and ends what it is told to."""

    def __init__(self, app: Skedulr, jobs: tuple[str, ...] = ("job", "mail")) -> None:
        self._app = app
        self._jobs = jobs
        self._numbers: Counter[str] = Counter()

    async def claim(self, task: Task[Any]) -> int:
        """Claim what stands first in the task's pool, which has to be this task; its epoch."""
        keys = self._app.keys(task.pool)
        await self._app.aclient.run(
            commands.join(keys, "crew-1", self._jobs, lease_ms=60_000, slots=1)
        )
        (given,) = (await self._exchange(task.pool, 1, [])).claims
        assert given.id == task.id
        return given.epoch

    async def end(self, task: Task[Any], state: State, error: str = "it broke") -> None:
        """Have the task claimed and ended so, in a millisecond in which no other will end."""
        epoch = await self.claim(task)
        if state is State.SUCCEEDED:
            ack = Ack(task.id, epoch, state)
        else:
            problem = pack_problem(error, "Traceback …")
            ack = Ack(task.id, epoch, state, problem=problem, kind="exception")
        await self._exchange(task.pool, 0, [ack])
        ended = await self._now_ms()
        await await_until(partial(self._is_later, ended), what="the next millisecond")

    async def _is_later(self, than_ms: int) -> bool:
        return await self._now_ms() > than_ms

    async def _now_ms(self) -> int:
        """The time by Redis' clock."""
        ((seconds, micros),) = await self._app.aclient.ask(("TIME",))
        return int(seconds) * 1000 + int(micros) // 1000

    async def _exchange(self, pool: str, free: int, acks: list[Ack]) -> Exchanged:
        self._numbers[pool] += 1
        command = commands.exchange(self._app.keys(pool), "crew-1", self._numbers[pool], free, acks)
        return await self._app.aclient.run(command)
