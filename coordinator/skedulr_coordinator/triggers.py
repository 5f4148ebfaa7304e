"""Triggers: what the pools' outboxes ask for is done as soon as it is there.

Any number of coordinators do so side by side, all of them with every event: none has to be the one,
and the rules of the scripts make sure that each edge and each node changes once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from skedulr import operations
from skedulr.app import Skedulr
from skedulr.commands import Command, Step
from skedulr.commands.base import with_each
from skedulr.dependencies.triggers import EVENTS_AT_ONCE, Event, carry_out, events_of
from skedulr.errors import RedisUnavailable
from skedulr.keys import pool_keys
from skedulr.transport import connection as link
from skedulr.transport.aio import AsyncClient
from skedulr.transport.line import Line
from skedulr_coordinator import faults

LONGEST_WAIT: Final = 1.0
"""Seconds that a turn waits for an event; then it looks whether there are more pools."""

AGAIN_EVERY: Final = 5.0
"""Seconds after which events are looked at again that are still there: another coordinator may
have read them and died, or they failed here.
"""

BEGINNING: Final = b"0"

_AFTER: Final = {
    "link": "triggers.linked",
    "trigger": "triggers.told",
    "mark": "triggers.marked",
    "settle": "triggers.settled",
}


class Triggers:
    """Carries out the events of all pools of a namespace."""

    def __init__(self, app: Skedulr) -> None:
        self._registry = app.registry
        self._namespace = app.config.namespace
        self._address = app.address
        self._line = Line(app.address)
        self._logger: logging.Logger = app.logger
        self._pools: list[str] = []
        self._after: dict[str, bytes] = {}
        """The last event of each pool that needs no second look for now."""
        self._began = 0.0
        self._listed = 0.0
        self._failed: set[tuple[str, bytes]] = set()
        """Events that failed since all were looked at again, and ``_told`` those of the time
        before: an error is told once, however often it comes, and forgotten when it comes no more.
        """
        self._told: set[tuple[str, bytes]] = set()
        self.news = 0
        """Edges that this coordinator has decided."""

    async def run_once(self, client: AsyncClient) -> bool:
        """Wait for events, for a second at most, and carry them out; answers that there may be
        more. Raises as ``AsyncClient.run``.
        """
        await self._look_round(client)
        if not self._pools:
            await asyncio.sleep(LONGEST_WAIT)
            return True
        found = await self._next_events()
        await asyncio.gather(*(self._carry_out(client, pool, each) for pool, each in found))
        return True

    async def close(self) -> None:
        """Close the connection on which it waits."""
        await self._line.close()

    async def _look_round(self, client: AsyncClient) -> None:
        now = time.monotonic()
        if now - self._listed >= LONGEST_WAIT or not self._pools:
            self._pools = await client.perform(operations.list_pools(self._registry))
            self._listed = now
        if now - self._began >= AGAIN_EVERY:
            self._began = now
            self._after = {}
            self._told, self._failed = self._failed, set()

    async def _next_events(self) -> list[tuple[str, list[Event]]]:
        streams = {pool_keys(self._namespace, pool).events: pool for pool in self._pools}
        after = [self._after.get(pool, BEGINNING) for pool in self._pools]
        block = int(LONGEST_WAIT * 1000)
        call = link.pack(
            "XREAD", "COUNT", EVENTS_AT_ONCE, "BLOCK", block, "STREAMS", *streams, *after
        )
        try:
            reply = await self._line.call(call, LONGEST_WAIT + self._address.time_limit)
        except link.FAILURES as error:
            raise link.refusal(error) or link.unavailable(self._address, error) from error
        if reply is None:
            return []
        pairs = reply.items() if isinstance(reply, dict) else reply
        faults.reached("triggers.read")
        return [(streams[name], events_of(entries)) for name, entries in pairs]

    async def _carry_out(self, client: AsyncClient, pool: str, events: Sequence[Event]) -> None:
        """All at once, or where that fails one by one: what cannot be done must not stop others."""
        try:
            await self._perform(client, pool, events)
        except RedisUnavailable:
            raise
        except Exception:
            for event in events:
                await self._carry_out_alone(client, pool, event)
        self._after[pool] = events[-1].entry

    async def _carry_out_alone(self, client: AsyncClient, pool: str, event: Event) -> None:
        try:
            await self._perform(client, pool, [event])
        except RedisUnavailable:
            raise
        except Exception as error:
            is_told = (pool, event.entry) in self._told | self._failed
            self._failed.add((pool, event.entry))
            if not is_told:
                self._logger.error(
                    "what hangs on task %s/%s cannot be told of it, and is tried again: %s",
                    pool,
                    event.id,
                    error,
                )

    async def _perform(self, client: AsyncClient, pool: str, events: Sequence[Event]) -> None:
        steps = carry_out(pool_keys(self._namespace, pool), events)
        self.news += await client.perform(with_each(steps, _reach_fault))


def _reach_fault(step: Step) -> None:
    if isinstance(step, Command):
        faults.reached(_AFTER[step.script])
