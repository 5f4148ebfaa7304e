"""One exchange at a time with Redis: numbered, and sent again until it is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from redis import exceptions

from skedulr.commands import Ack, Exchanged
from skedulr.errors import RedisUnavailable, UpgradeNeeded
from skedulr.loops import Loop, LoopState
from skedulr.transport import connection as link
from skedulr.transport.aio import AsyncClient
from skedulr.transport.answer import Answer
from skedulr.transport.contact import Contact
from skedulr_worker.instance import Instance

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
UPGRADE_PAUSE: Final = 30.0


class Exchange:
    """Sends an exchange, and calls ``answered(reply)`` once, however long that takes.

    The number rises by one with each, also where Redis does one of its own accord, for an instance
    that has nothing to do, and hands over what it claims. The same number, with the same
    acknowledgements, is sent again after an error, so that whatever got lost, nothing is claimed or
    ended twice.
    """

    def __init__(
        self,
        instance: Instance,
        client: AsyncClient,
        contact: Contact,
        turns: Loop,
        answered: Callable[[Exchanged], None],
    ) -> None:
        self.number = 0
        self.sent_at = 0.0
        """When the one that was answered was sent (monotonic seconds)."""
        self._instance = instance
        self._client = client
        self._line = client.line
        self._contact = contact
        self._turns = turns
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._free = 0
        self._acks: Sequence[Ack] = ()
        self._command = instance.exchange(0, 0, ())
        self._data = b""
        self._limit: asyncio.TimerHandle | None = None
        self._effort: asyncio.Task[None] | None = None
        self._closed = False

    def begin(self, free: int, acks: Sequence[Ack]) -> None:
        """Send the next one, at once where the line is open."""
        self.number += 1
        self._free, self._acks = free, acks
        self._prepare()
        if self._line.is_open:
            self._send()
        else:
            self._strive(None)

    def count_handed(self) -> None:
        """The next one was done by Redis of its own accord: the one after is the next."""
        self.number += 1
        self._instance.cell.ask(self.number)

    async def close(self) -> None:
        """Send nothing more, and take no answer."""
        self._closed = True
        if self._limit is not None:
            self._limit.cancel()
        if self._effort is not None:
            self._effort.cancel()
            await asyncio.gather(self._effort, return_exceptions=True)

    def _prepare(self) -> None:
        # Once Redis has answered that there is nothing, it may do the next one of its own accord.
        self._instance.cell.ask(self.number + 1 if self._free else self.number)
        self._command = self._instance.exchange(self.number, self._free, self._acks)
        self._data = link.pack_call(self._command)
        self.sent_at = time.monotonic()

    def _send(self) -> None:
        answer = Answer(self._read)
        self._line.post(self._data, answer, at_once=True)
        if not answer.done():
            limit = self._client.address.time_limit
            self._limit = self._loop.call_later(limit, self._line.give_up, answer)

    def _read(self, answer: Answer) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if self._closed:
            return
        if not answer.has_failed:
            reply = self._command.parse(answer.result())
            if reply.status == "ok":
                self._contact.found()
                self._answered(reply)
                return
        self._strive(answer)

    def _strive(self, answer: Answer | None) -> None:
        name = f"skedulr exchange {self._instance.pool}"
        self._effort = self._loop.create_task(self._persist(answer), name=name)

    async def _persist(self, answer: Answer | None) -> None:
        """Get an answer; ``answer`` holds what came of the first try, if there was one."""
        pause = FIRST_PAUSE
        while True:
            try:
                raw = answer.result() if answer is not None else await self._line.call(self._data)
                reply = self._command.parse(raw)
                if reply.status == "ok":
                    break
                await self._put_right(reply.status)
            except exceptions.NoScriptError:
                await self._load()
            except Exception as error:
                self._complain(error)
                self._line.leave_past(error)
                await asyncio.sleep(UPGRADE_PAUSE if isinstance(error, UpgradeNeeded) else pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            answer = None
            self._prepare()
        self._contact.found()
        self._effort = None
        self._answered(reply)

    async def _put_right(self, status: str) -> None:
        if status == "unknown":
            await self._client.perform(self._instance.register())
            await self._client.run(self._instance.join())
        else:
            self.number += 1  # it was carried out, and the next one has been handed over since

    async def _load(self) -> None:
        """Make the server know the script again; the next try tells if it does not."""
        try:
            await self._line.call(link.pack_load(self._command))
        except link.FAILURES:
            await asyncio.sleep(FIRST_PAUSE)

    def _complain(self, error: Exception) -> None:
        is_away = link.is_passing(error) or isinstance(error, RedisUnavailable)
        self._contact.lost(link.refusal(error) or error)
        self._turns.turn(LoopState.AWAY if is_away else LoopState.FAILING)
