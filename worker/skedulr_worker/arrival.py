"""The way into a cluster: a server that suits, and pools that are known there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from skedulr import operations
from skedulr.app import Skedulr
from skedulr.errors import RedisUnavailable
from skedulr.transport import connection as link
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 1.0


async def arrive(
    app: Skedulr, client: AsyncClient, served: Sequence[PoolSlots], config: WorkerConfig
) -> None:
    """Check the server and make the pools known; raises ``RedisUnavailable`` and
    ``RedisUnsuitable``.
    """
    await client.perform(operations.check_server(allow_eviction=config.allow_eviction))
    for slots in served:
        settings = app.config.pool_settings(slots.pool)
        await client.perform(operations.register_pool(app.registry, app.keys(slots.pool), settings))


async def arrive_in_time(
    app: Skedulr,
    client: AsyncClient,
    served: Sequence[PoolSlots],
    config: WorkerConfig,
    contact: Contact,
    stopping: asyncio.Event,
) -> None:
    """``arrive`` as soon as there is a server, unless it is time to stop before; one that refuses
    the login never will be: that raises ``RedisUnavailable``.
    """
    pause = FIRST_PAUSE
    while not stopping.is_set():
        try:
            await arrive(app, client, served, config)
        except RedisUnavailable as error:
            if error.__cause__ is not None and link.is_refused_login(error.__cause__):
                raise
            contact.lost(error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopping.wait()
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            contact.found()
            return
