"""What a user does to whole pools: ``app.pools``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from skedulr import names, operations
from skedulr.commands import PoolSettings, Steps
from skedulr.errors import InvalidOption
from skedulr.options import whole_number
from skedulr.views.pool_jobs import PoolJob, read_pool_jobs
from skedulr.views.pools import PoolInfo, read_pools

if TYPE_CHECKING:
    from skedulr.app import Skedulr


MOST: Final = 2**31
"""The largest limit that can be set: more is none."""


class Scaled(NamedTuple):
    """What a pool is scaled to, and whether there is that much."""

    limit: int | None
    """How many of its tasks run at once in the cluster, ``None`` for as many as there are slots."""
    slots: int
    """How many the live workers can run at once."""

    @property
    def short(self) -> int:
        """How many slots are missing for the limit."""
        return max(0, (self.limit or 0) - self.slots)


class Pools:
    """The pools of an app's cluster; methods that begin with ``a`` are for asyncio."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app

    def scale(self, pool: str, count: int | None) -> Scaled:
        """Set how many tasks of the pool run at once in the whole cluster, ``None`` for no limit.

        It holds at once and stays; running tasks go on. The answer says how many slots the live
        workers have.
        """
        return _scaled(self._set(pool, limit=_count("count", count, least=0)))

    async def ascale(self, pool: str, count: int | None) -> Scaled:
        """``scale`` for asyncio."""
        return _scaled(await self._aset(pool, limit=_count("count", count, least=0)))

    def limit_job(self, pool: str, job: str, count: int | None) -> None:
        """Set how many tasks of a job run at once in the pool, whatever its code says; ``None`` for
        what that says. It holds at once and stays; running tasks go on.
        """
        self._app.client.perform(self._limiting(pool, job, count))

    async def alimit_job(self, pool: str, job: str, count: int | None) -> None:
        """``limit_job`` for asyncio."""
        await self._app.aclient.perform(self._limiting(pool, job, count))

    def set_capacity(self, pool: str, most: int | None) -> None:
        """Set at how many unfinished tasks the pool refuses submissions, ``None`` for never.

        It holds at once and stays, until a program starts whose code says otherwise of the pool.
        """
        self._set(pool, capacity=_count("max_capacity", most, least=1))

    async def aset_capacity(self, pool: str, most: int | None) -> None:
        """``set_capacity`` for asyncio."""
        await self._aset(pool, capacity=_count("max_capacity", most, least=1))

    def pause(self, pool: str) -> None:
        """Stop the claims of one pool until ``resume``."""
        self._set(pool, pool_paused=1)

    async def apause(self, pool: str) -> None:
        """``pause`` for asyncio."""
        await self._aset(pool, pool_paused=1)

    def resume(self, pool: str) -> None:
        """End the pause of one pool; a pause of the cluster stays."""
        self._set(pool, pool_paused=0)

    async def aresume(self, pool: str) -> None:
        """``resume`` for asyncio."""
        await self._aset(pool, pool_paused=0)

    def all(self) -> list[PoolInfo]:
        """Counts and settings of all pools, by name."""
        return self._app.client.perform(read_pools(self._app.config.namespace))

    async def aall(self) -> list[PoolInfo]:
        """``all`` for asyncio."""
        return await self._app.aclient.perform(read_pools(self._app.config.namespace))

    def jobs(self, pool: str) -> list[PoolJob]:
        """The jobs that workers know in the pool, with their limits and how many run, by name."""
        return self._app.client.perform(read_pool_jobs(self._app.keys(names.pool(pool))))

    async def ajobs(self, pool: str) -> list[PoolJob]:
        """``jobs`` for asyncio."""
        return await self._app.aclient.perform(read_pool_jobs(self._app.keys(names.pool(pool))))

    def _limiting(self, pool: str, job: str, count: int | None) -> Steps[PoolSettings]:
        limits = {names.job(job): _count("count", count, least=0)}
        return operations.set_pool(self._app.keys(names.pool(pool)), {}, limits)

    def _set(self, pool: str, **changes: int) -> PoolSettings:
        return self._app.client.perform(
            operations.set_pool(self._app.keys(names.pool(pool)), changes)
        )

    async def _aset(self, pool: str, **changes: int) -> PoolSettings:
        return await self._app.aclient.perform(
            operations.set_pool(self._app.keys(names.pool(pool)), changes)
        )


def _scaled(settings: PoolSettings) -> Scaled:
    return Scaled(None if settings.limit < 0 else settings.limit, settings.slots)


def _count(option: str, value: int | None, *, least: int) -> int:
    """The number as a pool stores it: -1 for no limit."""
    if value is None:
        return -1
    expected = f"give a whole number, {least} or more, or None for no limit"
    if whole_number(option, value, expected, least=least) > MOST:
        raise InvalidOption(option, value, f"give {MOST:,} at most, or None for no limit")
    return value
