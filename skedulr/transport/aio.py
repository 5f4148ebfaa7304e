"""The async client: many coroutines share one connection, and their commands travel together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from redis import exceptions

from skedulr.commands import Command, Read, Step, Steps
from skedulr.transport import connection as link
from skedulr.transport.client import FIRST_PAUSE, LONGEST_PAUSE
from skedulr.transport.connection import Address
from skedulr.transport.line import Line

T = TypeVar("T")


class AsyncClient:
    """Runs commands on one server for one event loop."""

    def __init__(self, address: Address, on_loss: Callable[[], None] = lambda: None) -> None:
        self.address = address
        self.line = Line(address, on_loss)

    async def run(self, command: Command[T], *, persist: bool = True) -> T:
        """The command's reply.

        Raises ``RedisUnavailable`` when there is none within the time limit (with ``persist``
        false: at the first failure), ``OutOfMemory``, ``UpgradeNeeded``.
        """
        data = link.pack_call(command)

        async def once() -> Any:
            try:
                return await self.line.call(data)
            except exceptions.NoScriptError:
                await self.line.call(link.pack_load(command))
                return await self.line.call(data)

        return command.parse(await self._attempt(once, command, persist))

    async def perform(self, steps: Steps[T]) -> T:
        """The result of an operation, each of whose steps is run here. Raises as ``run``."""
        reply = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]  # Any in the library's types
            reply = await self._take_step(step)

    async def _take_step(self, step: Step) -> Any:
        if isinstance(step, Command):
            return await self.run(step)
        if isinstance(step, Read):
            return step.parse(await self.ask(*step.calls))
        return await self.run_together(step.commands)

    async def run_together(self, commands: Sequence[Command[T]]) -> list[T]:
        """The replies to commands that travel in one trip, in order; together they should not take
        the server longer than the time limit. Raises as ``run``, all of them being sent by then.
        """
        data = [*map(link.pack_call, commands)]

        async def once() -> list[Any]:
            try:
                return await self.line.call_all(data)
            except exceptions.NoScriptError:
                await self.line.call_all(link.pack_loads(commands))
                return await self.line.call_all(data)

        replies = await self._attempt(once, commands[0], True)
        return [each.parse(reply) for each, reply in zip(commands, replies, strict=True)]

    async def ask(self, *calls: Sequence[bytes | str | int]) -> list[Any]:
        """The replies to plain read-only Redis commands, sent in one trip."""
        data = [link.pack(*call) for call in calls]
        return await self._attempt(lambda: self.line.call_all(data), None, True)  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the connection."""
        await self.line.close()

    async def _attempt(self, once: Any, command: Command[Any] | None, persist: bool) -> Any:
        loop = asyncio.get_running_loop()
        until = 0.0
        pause = FIRST_PAUSE
        while True:
            try:
                return await once()
            except link.FAILURES as error:
                if refusal := link.refusal(error, command):
                    raise refusal from error
                self.line.leave_past(error)
                timed_out = isinstance(error, exceptions.TimeoutError)
                until = until or loop.time() + (
                    0.0 if timed_out or not persist else self.address.time_limit
                )
                if loop.time() + pause > until or link.is_final(error):
                    raise link.unavailable(self.address, error) from error
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
