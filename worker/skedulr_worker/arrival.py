"""The way into a cluster: a server that suits, and pools that are known there."""

from __future__ import annotations

from collections.abc import Sequence

from skedulr import operations
from skedulr.aio import AsyncClient
from skedulr.app import Skedulr
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import PoolSlots


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
