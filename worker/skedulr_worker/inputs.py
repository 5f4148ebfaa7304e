"""Fetches the arguments of a task that are results of other tasks, before it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from skedulr.dependencies import inputs
from skedulr.errors import Fail, SkedulrError, Undecodable
from skedulr.keys import PoolKeys
from skedulr.transport.aio import AsyncClient
from skedulr_worker.context import Attempt

PAUSE: Final = 0.25

Arrived = Callable[[Attempt, Exception | None], None]


class Inputs:
    """What tasks of one pool wait for in this process until they can start."""

    def __init__(self, client: AsyncClient, keys: PoolKeys) -> None:
        self._client = client
        self._keys = keys
        self._fetching: dict[Attempt, asyncio.Task[None]] = {}

    def fetch(self, attempt: Attempt, arrived: Arrived) -> None:
        """Put the inputs into the attempt's call, then call ``arrived(attempt, error)``."""
        self._fetching[attempt] = asyncio.create_task(self._fetch(attempt, arrived))

    def drop(self, attempt: Attempt) -> bool:
        """Do not wait for them any more; answers whether they were waited for."""
        fetching = self._fetching.pop(attempt, None)
        if fetching is not None:
            fetching.cancel()
        return fetching is not None

    async def _fetch(self, attempt: Attempt, arrived: Arrived) -> None:
        problem: Exception | None = None
        try:
            await self._fill(attempt)
        except (Fail, Undecodable) as error:
            problem = error
        if self._fetching.pop(attempt, None) is not None:
            arrived(attempt, problem)

    async def _fill(self, attempt: Attempt) -> None:
        call = attempt.call
        names = inputs.wanted(call.inputs)
        found = dict(zip(names, await self._read(attempt.id, names), strict=True))
        missing = [name for name, data in found.items() if data is None]
        if missing:
            raise Fail(
                f"the result of {missing[0]} was to be an argument and is not here: it has not"
                " ended since this task was submitted; run that task, or the workflow, again"
            )
        inputs.fill(call.args, call.kwargs, call.inputs, found)

    async def _read(self, task_id: str, names: list[str]) -> list[bytes | None]:
        while True:
            try:
                reply = await self._client.ask(("HMGET", self._keys.of("inputs", task_id), *names))
            except SkedulrError:
                await asyncio.sleep(PAUSE)
            else:
                return list(reply[0])
