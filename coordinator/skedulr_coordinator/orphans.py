"""Orphans: tasks whose parents never come, and workflows whose producers died while submitting."""

from __future__ import annotations

import logging
from typing import Any, Final

from skedulr import operations
from skedulr.app import Skedulr
from skedulr.commands import Read
from skedulr.commands.base import Argument
from skedulr.dependencies.orphans import give_up_orphans
from skedulr.flows.giving_up import give_up_unfinished
from skedulr.keys import PoolKeys, pool_keys
from skedulr.transport.aio import AsyncClient
from skedulr_coordinator import faults

EVERY: Final = 1.0


class Orphans:
    """Gives up what has been waited for long enough, in all pools of a namespace."""

    def __init__(self, app: Skedulr) -> None:
        self._registry = app.registry
        self._namespace = app.config.namespace
        self._logger: logging.Logger = app.logger

    async def run_once(self, client: AsyncClient) -> bool:
        """Look at all pools in one trip, and give up what is overdue; answers whether anything
        was. Raises as ``AsyncClient.run``.
        """
        pools = await client.perform(operations.list_pools(self._registry))
        step = overdue([pool_keys(self._namespace, pool) for pool in pools])
        now_ms, orphans, unfinished = step.parse(await client.ask(*step.calls))
        for keys in orphans:
            given_up = await client.perform(give_up_orphans(keys, now_ms))
            if given_up:
                self._logger.warning(
                    "%d tasks that others in pool %s or elsewhere waited for have not been "
                    "submitted for 7 days; those are cancelled",
                    given_up,
                    keys.pool,
                )
        for keys in unfinished:
            for flow_id in await client.perform(give_up_unfinished(keys, now_ms)):
                self._logger.warning(
                    "nodes of the workflow %s/%s were not all submitted, as their producer was"
                    " refused or is gone: those that were are cancelled",
                    keys.pool,
                    flow_id,
                )
        faults.reached("orphans.done")
        return bool(orphans or unfinished)


def overdue(pools: list[PoolKeys]) -> Read[tuple[int, list[PoolKeys], list[PoolKeys]]]:
    """Redis' time, the pools with parents that are overdue, and those with such workflows."""
    calls: list[tuple[Argument, ...]] = [("TIME",)]
    for keys in pools:
        calls.append(("ZRANGE", keys.orphans, 0, 0, "WITHSCORES"))
        calls.append(("ZRANGE", keys.opening, 0, 0, "WITHSCORES"))

    def parse(replies: list[Any]) -> tuple[int, list[PoolKeys], list[PoolKeys]]:
        (seconds, micros), *firsts = replies
        now_ms = int(seconds) * 1000 + int(micros) // 1000
        late = [bool(first) and float(first[1]) <= now_ms for first in firsts]
        orphans = [keys for keys, is_late in zip(pools, late[::2], strict=True) if is_late]
        unfinished = [keys for keys, is_late in zip(pools, late[1::2], strict=True) if is_late]
        return now_ms, orphans, unfinished

    return Read(tuple(calls), parse)
