"""An instance: one worker process in one pool, as Redis knows it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from skedulr import commands, operations
from skedulr.app import Skedulr
from skedulr.commands import Ack, Beat, Command, Exchanged, Left, Steps
from skedulr.keys import PoolKeys
from skedulr_worker import mapping
from skedulr_worker.cell import Cell


@dataclass(frozen=True, slots=True)
class PoolSlots:
    """A pool that a process serves, and how."""

    pool: str
    slots: int
    """Tasks that run at once."""
    prefetch: int = 0
    """Tasks claimed beyond that."""
    solo: bool = False
    """Whether it takes suspects, and nothing else."""

    @property
    def most_held(self) -> int:
        """Claims that an instance can hold: as many again may have ended and wait to be
        acknowledged.
        """
        return 2 * (self.slots + self.prefetch)


def instance_name(worker: str, number: int) -> str:
    """A name that no process has had before: a successor never renews for its predecessor."""
    return f"{worker}-{number}.{secrets.token_hex(4)}"


class Instance:
    """One process in one pool: its commands, and the cell in which it shows what it holds."""

    def __init__(
        self, app: Skedulr, name: str, served: PoolSlots, lease: float, cell: Cell
    ) -> None:
        self._app = app
        self.name = name
        self.served = served
        self.pool = served.pool
        self.lease = lease
        self.cell = cell
        self.keys: PoolKeys = app.keys(served.pool)
        self._jobs = (*app.jobs, *mapping.JOBS)
        self._limits = {
            job.name: -1 if job.limit is None else job.limit for job in app.jobs.values()
        }
        class_name, _ = commands.job_class(self._jobs, solo=served.solo)
        self.wake_key = self.keys.of("wake", class_name)
        self.claims_channel = self.keys.of("claims", name)

    def register(self) -> Steps[None]:
        """Make the pool known where Redis has forgotten it."""
        settings = self._app.config.pool_settings(self.pool)
        return operations.register_pool(self._app.registry, self.keys, settings, again=True)

    def join(self) -> Command[bool]:
        """Enter the pool."""
        return commands.join(
            self.keys,
            self.name,
            self._jobs,
            lease_ms=int(self.lease * 1000),
            slots=self.served.slots,
            solo=self.served.solo,
            job_limits=self._limits,
        )

    def exchange(self, number: int, free: int, acks: Sequence[Ack]) -> Command[Exchanged]:
        """End claims and get new ones."""
        return commands.exchange(self.keys, self.name, number, free, acks)

    def beat(self) -> Command[Beat]:
        """Renew the lease of what the cell shows."""
        holding = self.cell.read()
        return commands.beat(self.keys, self.name, holding.upto, holding.claims)

    def release(self, claims: Sequence[tuple[str, int]]) -> Command[int]:
        """Hand claims back."""
        return commands.release(self.keys, self.name, claims)

    def leave(
        self, *, crashed: bool, problem: bytes = b"", guilty: Sequence[str] = ()
    ) -> Command[Left]:
        """Give everything back and be forgotten."""
        return commands.leave(self.keys, self.name, crashed=crashed, problem=problem, guilty=guilty)
