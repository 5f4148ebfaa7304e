"""The claim loop of one pool: acknowledges what has ended and claims what may run, in one trip.

A worker with free slots has an exchange under way or waits for its marker; it waits only after an
exchange has found nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from skedulr.commands import MOST_TASKS, Ack, Claim, Exchanged, Handed
from skedulr.loops import Loop, LoopState
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.ahead import Ahead
from skedulr_worker.alarm import Alarm
from skedulr_worker.clock import RedisClock
from skedulr_worker.exchange import Exchange
from skedulr_worker.held import Held
from skedulr_worker.instance import Instance
from skedulr_worker.listener import Listener
from skedulr_worker.telling import Telling

COMPANY: Final = 0.002
"""Seconds that an acknowledgement waits for others."""

PATIENCE: Final = 45.0
"""Seconds without an exchange after which the loop hangs, where it should have had one: more than
the longest pause between two tries.
"""

KEEP_PARTS: Final = 4
"""In each of so many parts of a lease one looks whether it is renewed."""

UNCONFIRMED_PAUSE: Final = 1.0
SHOWN_LOST: Final = 10


class ClaimLoop:
    """Exchanges finished claims for new ones, and hands these to ``take``."""

    def __init__(
        self,
        instance: Instance,
        client: AsyncClient,
        clock: RedisClock,
        contact: Contact,
        telling: Telling,
        logger: logging.Logger,
    ) -> None:
        self.instance = instance
        self._client = client
        self._contact = contact
        self._logger = logger
        self._loop = asyncio.get_running_loop()
        self._turns = Loop(f"claim {instance.pool}", PATIENCE, instance.cell.claiming)
        self._exchange = Exchange(instance, client, contact, self._turns, self._accept)
        self._clock = clock
        self._alarm = Alarm(self._loop, clock, self.ask)
        self._listener = Listener(
            instance, client.address, contact, logger, self.ask, self._accept_handed
        )
        served = instance.served
        self._capacity = served.slots + served.prefetch
        self._enough = max(1, served.slots // 2)

        self._take: Callable[[Sequence[Claim]], None] | None = None
        self._used: Callable[[], int] = int
        self._room: Callable[[], int] = int
        self._held = Held(instance)
        self._acks: list[Ack] = []
        self._batch: list[Ack] = []
        self._ahead = Ahead(instance, client, contact, telling, self._turns, self.forget)
        self._asked = False
        self._free = 0
        self._filled = False
        self._under_way = False
        self._stopping = False
        self._closed = False
        self._company: asyncio.TimerHandle | None = None
        self._keeping: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None

    def begin(
        self,
        take: Callable[[Sequence[Claim]], None],
        used: Callable[[], int],
        room: Callable[[], int],
    ) -> None:
        """Claim from now on: ``take(claims)`` starts them, ``used()`` says how many run, ``room()``
        how many may still be started.
        """
        self._take, self._used, self._room = take, used, room
        self.ask()
        self._keep()

    # --- what happens outside

    def ask(self) -> None:
        """Exchange as soon as none is under way: something may have become claimable."""
        self._asked = True
        self._consider()

    def acknowledge(self, ack: Ack, told: bool = False) -> None:
        """An attempt has ended; ``told`` where what it has told must be sent before."""
        self._acks.append(ack)
        if told:
            self._ahead.note_told()
        if not self._under_way:
            self._consider()

    def may_begin(self, task_id: str) -> bool:
        """Whether a claim may begin; else it is to be given back."""
        return self._held.begin(task_id)

    def give_back(self, claim: tuple[str, int]) -> None:
        """A claim will not be run to its end: it goes back uncharged."""
        self._ahead.give_back([claim])
        self.ask()

    def forget(self, task_id: str, epoch: int) -> None:
        """A claim has ended elsewhere: it is held no more."""
        self._held.forget(task_id, epoch)

    def stop(self) -> None:
        """Claim nothing more; acknowledgements go on."""
        if self._stopping:
            return
        self._stopping = True
        self._listener.close()
        self._alarm.set(0)
        self.ask()  # so that nothing is handed over any more

    async def drain(self) -> None:
        """Return when all that has ended is acknowledged, and all that goes back has gone."""
        while self._under_way or self._acks or self._ahead.is_returning:
            self._drained = self._loop.create_future()
            if not self._under_way:
                self.ask()
            await self._drained

    async def close(self) -> None:
        """Say nothing more."""
        self.stop()
        self._closed = True
        if self._company is not None:
            self._company.cancel()
        if self._keeping is not None:
            self._keeping.cancel()
        await self._ahead.close()
        await self._exchange.close()
        self._turns.stop()
        await self._listener.end()

    # --- when to exchange

    def _consider(self) -> None:
        if self._under_way or self._closed:
            return
        if self._asked or self._acks_are_due():
            self._go()
        elif self._acks:
            if self._company is None:
                self._company = self._loop.call_later(COMPANY, self._company_over)
        elif not (self._stopping or self._filled) and self._used() < self._capacity:
            # Where the last exchange got all that it wanted, more may be there: the end of a task
            # asks for it. To wait for the marker then would mean to take it from idle workers.
            self._listener.listen()
        else:
            self._turns.turn(LoopState.RESTING)

    def _acks_are_due(self) -> bool:
        """Under load when half of the slots are free; else when nothing runs that could end soon
        as well.
        """
        if not self._acks:
            return False
        used = self._used()
        return used == 0 or (self._filled and self._capacity - used >= self._enough)

    def _company_over(self) -> None:
        self._company = None
        self.ask()

    def _claimable(self) -> int:
        """How many tasks to claim: none while nobody confirms that this process still owns what
        it runs.
        """
        if self._stopping:
            return 0
        if not self._held.is_confirmed:
            self._loop.call_later(UNCONFIRMED_PAUSE, self.ask)
            return 0
        return max(0, min(self._capacity - self._used(), MOST_TASKS, self._room()))

    def _keep(self) -> None:
        """Renew the lease where nobody else does, since the supervisor stands still."""
        if self._held.is_neglected:
            self.ask()
        self._keeping = self._loop.call_later(self.instance.lease / KEEP_PARTS, self._keep)

    # --- one exchange

    def _go(self) -> None:
        self._turns.begin()
        self._under_way = True
        if self._company is not None:
            self._company.cancel()
            self._company = None
        # Before what they have told is sent: whoever ends meanwhile may have told something, too.
        self._batch, self._acks = self._acks[:MOST_TASKS], self._acks[MOST_TASKS:]
        if self._ahead.is_due:
            self._ahead.send(self._begin_exchange)
        else:
            self._begin_exchange()

    def _begin_exchange(self) -> None:
        if self._closed:
            return
        self._asked = False
        self._free = self._claimable()
        self._exchange.begin(self._free, self._batch)

    def _accept(self, reply: Exchanged) -> None:
        """Take the answer in, and see to the next exchange."""
        self._forget_acknowledged(reply.lost)
        self._begin_claims(reply.claims, time.monotonic() - self._exchange.sent_at)
        self._under_way = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._closed:
            return
        cell = self.instance.cell
        if cell.suspects != reply.suspects:
            cell.suspects = reply.suspects
        self._filled = len(reply.claims) >= self._free
        self._asked = self._asked or (reply.more and not self._stopping)
        self._alarm.set(0 if self._stopping else reply.next_at_ms)
        self._turns.turn()
        self._consider()

    def _accept_handed(self, handed: Handed) -> None:
        """Redis has done the next exchange of its own accord. Where that one is under way by now,
        its answer says the same; where one before it is, it will be asked for. One that is long
        over was done by a server that has forgotten the last ones: what it gives goes back.
        """
        number, claim = handed
        if self._closed or number == self._exchange.number:
            return
        if number < self._exchange.number:
            if not self._held.holds(claim):
                self.give_back((claim.id, claim.epoch))
            return
        if self._under_way or number > self._exchange.number + 1:
            self.ask()
            return
        self._exchange.count_handed()
        self._begin_claims([claim], self._clock.since(claim.epoch))
        self._filled = self._free <= 1
        self._turns.turn()
        self._loop.call_soon(self._consider)  # behind the task, which begins first

    def _begin_claims(self, claims: Sequence[Claim], age: float) -> None:
        """What is claimed is shown as held before any of it starts; ``age`` is for how many seconds
        it may have been so.
        """
        claims = self._wanted(claims, age)
        if not self._held.add(self._exchange.number, claims):
            claims = self._refuse(claims)
        if claims and self._take is not None:
            self._take(claims)

    def _forget_acknowledged(self, lost: Sequence[str]) -> None:
        self._held.end(self._batch)
        self._batch = []
        if lost:
            self._logger.warning(
                "the claims on %d tasks had ended before they were acknowledged, what they did"
                " counts for nothing: %s",
                len(lost),
                ", ".join(lost[:SHOWN_LOST]),
                extra={"pool": self.instance.pool, "instance": self.instance.name},
            )

    def _refuse(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Start none of them."""
        self._ahead.give_back((claim.id, claim.epoch) for claim in claims)
        self._asked = True
        return ()

    def _wanted(self, claims: Sequence[Claim], age: float) -> Sequence[Claim]:
        """The claims to start. All of them go back where the worker stops, or they are so old that
        by now somebody else might have them.
        """
        is_old = age > self.instance.lease / 3
        return self._refuse(claims) if claims and (self._stopping or is_old) else claims
