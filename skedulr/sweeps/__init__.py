"""What keeps pools in order while nobody acts on them: recover, promote, trim, repair, pause.

Every coordinator sweeps, and the workers' supervisors where none lives. Any number may do so at
once: each script does nothing where there is nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from skedulr.errors import RedisUnavailable
from skedulr.keys import RegistryKeys, pool_keys
from skedulr.sweeps.look import PoolSight, Sight, look
from skedulr.sweeps.services import Pauses, Promotion, Recovery, Repair, Sweep, Trimming
from skedulr.transport.aio import AsyncClient

__all__ = ["Round", "Sweeper"]

POOLS_AT_ONCE: Final = 50
JITTER: Final = 0.1


class Round(NamedTuple):
    """What a round of sweeps has seen and done, and so when the next one should follow."""

    busy: bool
    """Whether anything runs or was due, so that it should follow soon: recovery trusts only leases
    over which sweeps have watched without a gap of 3 s.
    """
    lease_left: float = math.inf
    """In how many seconds a lease may be over. Those of live workers are renewed before."""
    recovered: int = 0
    """Tasks taken back."""
    repaired: int = 0
    """What was put right; it should be 0."""

    def rest(self, pause: float) -> float:
        """Seconds until the next round: the pause less up to a tenth by chance, so that sweepers do
        not act in step, or until the first lease may be over.
        """
        return min(pause * random.uniform(1 - JITTER, 1), self.lease_left)

    def tell(self, logger: logging.Logger) -> None:
        """Log what people should know of it."""
        if self.recovered:
            logger.warning("took %d tasks back from workers that are gone", self.recovered)


class Sweeper:
    """Looks at all pools of a namespace, and sweeps those that need it; a ``deputy`` only while no
    coordinator lives.
    """

    def __init__(self, registry: RegistryKeys, namespace: str, *, deputy: bool = False) -> None:
        self._registry = registry
        self._namespace = namespace
        self._deputy = deputy
        self._known: frozenset[str] = frozenset()
        self._recovery, self._repair = Recovery(), Repair()
        self._sweeps: Sequence[Sweep] = (
            *(Pauses(), self._recovery, self._repair),
            *(Promotion(), Trimming()),
        )
        self._right: Counter[Sweep] = Counter()
        """How many tasks each of them has put right, and no round has told yet."""

    async def run_once(self, client: AsyncClient) -> Round:
        """Look and sweep; answers what came of it. Raises as ``AsyncClient.run``."""
        begun = time.monotonic()
        sight = await self._look(client)
        if sight.names - self._known:
            self._known = sight.names
            sight = await self._look(client)
        self._known = sight.names
        if self._deputy and sight.coordinated:
            return Round(sight.busy)
        await self._sweep_all(client, sight.pools)
        left = max(0.0, sight.lease_left - (time.monotonic() - begun))
        right, self._right = self._right, Counter()
        return Round(sight.busy, left, right[self._recovery], right[self._repair])

    async def _look(self, client: AsyncClient) -> Sight:
        step = look(
            self._registry, [pool_keys(self._namespace, pool) for pool in sorted(self._known)]
        )
        return step.parse(await client.ask(*step.calls))

    async def _sweep_all(self, client: AsyncClient, pools: Sequence[PoolSight]) -> None:
        """Put all in order: a pool that cannot be swept, such as one of a newer format, must not
        keep the others from it. Raises the first error once all have had their turn, but at once
        where Redis is away.
        """
        errors: list[BaseException] = []
        for chunk in _chunks(pools):
            sweeps = (self._sweep(client, pool) for pool in chunk)
            answers = await asyncio.gather(*sweeps, return_exceptions=True)
            errors += (answer for answer in answers if answer is not None)
            if any(isinstance(error, RedisUnavailable) for error in errors):
                break
        if errors:
            raise errors[0]

    async def _sweep(self, client: AsyncClient, pool: PoolSight) -> None:
        """Put one pool in order, one thing after the other."""
        for sweep in self._sweeps:
            tasks = await sweep.run_once(client, pool)
            self._right[sweep] += tasks  # after it: others count meanwhile


def _chunks(pools: Sequence[PoolSight]) -> Iterable[Sequence[PoolSight]]:
    for first in range(0, len(pools), POOLS_AT_ONCE):
        yield pools[first : first + POOLS_AT_ONCE]
