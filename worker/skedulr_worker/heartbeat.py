"""Renews the leases of worker processes, and brings back what they should stop.

It runs beside the processes that it beats for, never in their event loop: a job that blocks its
process stops no heartbeat.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from skedulr.errors import SkedulrError
from skedulr.loops import PATIENCE, Loop, LoopState, state_after
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.board import Board
from skedulr_worker.instance import Instance
from skedulr_worker.orders import CLAIMS, Order

LONGEST_INTERVAL: Final = 1.0
"""Seconds between two beats while tasks run: so long takes a cancellation at most to arrive."""


class Member(Protocol):
    """A worker process, as the heartbeat knows it."""

    @property
    def board(self) -> Board:
        """What it shows of itself."""

    @property
    def instances(self) -> Sequence[Instance]:
        """One for each of its pools."""

    def tell(self, order: Order) -> None:
        """Pass an order on to the process."""


class Heartbeat:
    """Beats for every instance that holds something, each third of the lease or more often."""

    def __init__(
        self,
        client: AsyncClient,
        contact: Contact,
        members: Callable[[], Iterable[Member]],
        lease: float,
    ) -> None:
        self._client = client
        self._contact = contact
        self._members = members
        self._lease = lease
        self._interval = min(LONGEST_INTERVAL, lease / 3)
        self._in_doubt = False
        self.loop = Loop("heartbeat", PATIENCE + client.address.time_limit)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await self.run_once()
            await asyncio.sleep(self._interval)

    async def run_once(self) -> None:
        """One beat for everyone who holds something, all in one trip.

        For the others as well after an outage, and once in a lease: a server that took over without
        the last writes may have tasks for theirs that they have ended, and their exchanges would
        renew the lease on these for ever.
        """
        self._in_doubt = self._in_doubt or self._contact.is_lost
        beats = [
            self._beat(member, instance)
            for member in list(self._members())
            for instance in member.instances
            if instance.cell.count or self._is_due(instance) or _neglects(member, instance)
        ]
        states = await asyncio.gather(*beats)
        failed = [state for state in states if state is not LoopState.WORKING]
        self._in_doubt = bool(failed) or (self._in_doubt and self._contact.is_lost)
        self.loop.turn(failed[0] if failed else LoopState.WORKING)

    def _is_due(self, instance: Instance) -> bool:
        """Whether an instance that holds nothing should ask whether Redis knows that."""
        quiet = time.monotonic() - instance.cell.confirmed
        return (self._in_doubt or quiet > self._lease) and instance.cell.read().upto > 0

    async def _beat(self, member: Member, instance: Instance) -> LoopState:
        sent = time.monotonic()
        if _neglects(member, instance):
            instance.cell.void_idle()
        try:
            beat = await self._client.run(instance.beat(), persist=False)
        except SkedulrError as error:
            self._contact.lost(error)
            return state_after(error)
        self._contact.found()
        if beat.known:
            instance.cell.confirmed = sent
            if beat.suspects:
                instance.cell.suspects = True
        if beat.lost or beat.cancelled or not beat.known:
            member.tell(Order(CLAIMS, instance.pool, beat.lost, beat.cancelled, not beat.known))
        return LoopState.WORKING


def _neglects(member: Member, instance: Instance) -> bool:
    """Whether a process has tasks, or may be given some, that it cannot begin, since it is
    blocked.
    """
    cell = instance.cell
    return member.board.is_blocked and (cell.has_asked or cell.has_idle)
