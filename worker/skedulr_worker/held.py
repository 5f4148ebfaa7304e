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
        self._epochs: dict[str, int] = {}
        self._since = 0.0
        self._exchanged = 0.0

    def __bool__(self) -> bool:
        return bool(self._epochs)

    @property
    def is_neglected(self) -> bool:
        """Whether nothing has renewed the lease for half of its time, heartbeats or exchanges."""
        renewed = max(self._cell.confirmed, self._exchanged)
        return bool(self._epochs) and time.monotonic() - renewed > NEGLECTED_AFTER * self._lease

    @property
    def is_confirmed(self) -> bool:
        """Whether a heartbeat was answered within the lease, so that all this is still its own."""
        confirmed = max(self._cell.confirmed, self._since)
        return not self._epochs or time.monotonic() - confirmed <= self._lease

    def add(self, number: int, claims: Sequence[Claim]) -> bool:
        """Hold what an exchange has given, too; false where that went to others meanwhile, since
        this process was blocked, and must not start.
        """
        self._exchanged = time.monotonic()
        if not self._epochs:
            self._since = self._exchanged
        epochs = self._epochs | {claim.id: claim.epoch for claim in claims}
        self._cell.write(number, epochs)
        if claims and self._cell.is_void(number):
            self._cell.write(number, self._epochs)
            return False
        self._epochs = epochs
        return True

    def end(self, acks: Iterable[Ack]) -> None:
        """These are acknowledged."""
        for ack in acks:
            self.forget(ack[0], ack[1])

    def forget(self, task_id: str, epoch: int) -> None:
        """This claim is held no more."""
        if self._epochs.get(task_id) == epoch:
            del self._epochs[task_id]
