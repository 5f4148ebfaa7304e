"""What an instance holds: claims that run here, or have ended and are not acknowledged yet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

from skedulr.commands import Ack, Claim
from skedulr_worker.instance import Instance

NEGLECTED_AFTER: Final = 0.5
"""Part of the lease without a renewal after which the process sees to that itself."""


class Held:
    """Ids with the epochs of their claims, shown to the supervisor before any of them starts."""

    def __init__(self, instance: Instance) -> None:
        self._cell = instance.cell
        self._lease = instance.lease
        self._claims: dict[str, tuple[int, int]] = {}
        """Of each id the epoch and the place in the cell."""
        self._free = [*range(instance.served.most_held)]
        self._since = 0.0
        self._exchanged = 0.0

    def __bool__(self) -> bool:
        return bool(self._claims)

    @property
    def is_neglected(self) -> bool:
        """Whether nothing has renewed the lease for half of its time, heartbeats or exchanges."""
        renewed = max(self._cell.confirmed, self._exchanged)
        return bool(self._claims) and time.monotonic() - renewed > NEGLECTED_AFTER * self._lease

    @property
    def is_confirmed(self) -> bool:
        """Whether a heartbeat was answered within the lease, so that all this is still its own."""
        confirmed = max(self._cell.confirmed, self._since)
        return not self._claims or time.monotonic() - confirmed <= self._lease

    def add(self, number: int, claims: Sequence[Claim]) -> bool:
        """Hold what an exchange has given, too; false where that went to others meanwhile, since
        this process was blocked, and must not start.
        """
        self._exchanged = time.monotonic()
        if not self._claims:
            self._since = self._exchanged
        before = self._claims
        self._claims = before | {claim.id: self._place(claim, number) for claim in claims}
        self._cell.write(number, self._claims)
        if claims and self._cell.is_void(number):
            self._free += [self._claims[name][1] for name in self._claims.keys() - before.keys()]
            self._claims = before
            self._cell.write(number, before)
            return False
        return True

    def _place(self, claim: Claim, number: int) -> tuple[int, int]:
        """A task that came back to this very process keeps its place: it may have begun."""
        former = self._claims.get(claim.id)
        if former is not None:
            return claim.epoch, former[1]
        place = self._free.pop()
        self._cell.put(place, number)
        return claim.epoch, place

    def holds(self, claim: Claim) -> bool:
        """Whether this very claim is held."""
        held = self._claims.get(claim.id)
        return held is not None and held[0] == claim.epoch

    def begin(self, task_id: str) -> bool:
        """Whether a claim may begin: false where it went to others meanwhile, since this process
        was blocked.
        """
        claim = self._claims.get(task_id)
        return claim is None or self._cell.begin(claim[1])

    def end(self, acks: Iterable[Ack]) -> None:
        """These are acknowledged."""
        for ack in acks:
            self.forget(ack[0], ack[1])

    def forget(self, task_id: str, epoch: int) -> None:
        """This claim is held no more."""
        claim = self._claims.get(task_id)
        if claim is not None and claim[0] == epoch:
            del self._claims[task_id]
            self._free.append(claim[1])
