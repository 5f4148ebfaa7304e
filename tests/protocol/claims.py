"""What was claimed by whom, over a whole run: the checks that look at more than one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from skedulr.commands import Claim, Exchanged, Handed
from tests.protocol.messages import Message
from tests.protocol.model import Model
from tests.protocol.snapshot import Snapshot


class ClaimBook:
    """All claims that exchanges have given."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int], tuple[str, int]] = {}
        self._exchanges: set[tuple[str, int]] = set()

    def enter(self, message: Message, reply: Exchanged, model: Model, pool: Snapshot) -> None:
        """Enter the reply of an exchange, and check it."""
        instance, number, free = cast("tuple[str, int, int]", tuple(message.command.args[:3]))
        self._check_epochs((instance, number), reply.claims)
        if (instance, number) not in self._exchanges and free and reply.status == "ok":
            self._check_who_finds_nothing_may_sleep(instance, reply, model, pool)
        self._exchanges.add((instance, number))

    def enter_handed(self, instance: str, handed: Handed) -> None:
        """Enter a claim that was handed over, and check it: the exchange has been done with it."""
        self._check_epochs((instance, handed.number), [handed.claim])
        self._exchanges.add((instance, handed.number))

    def _check_epochs(self, exchange: tuple[str, int], claims: Sequence[Claim]) -> None:
        """An epoch of a task is given to one exchange only, as often as that is sent."""
        for claim in claims:
            first = self._given.setdefault((claim.id, claim.epoch), exchange)
            assert first == exchange, f"{claim.id}@{claim.epoch} was given to {first} before"

    def _check_who_finds_nothing_may_sleep(
        self, instance: str, reply: Exchanged, model: Model, pool: Snapshot
    ) -> None:
        """Else it would be woken at once, to find nothing again."""
        if not reply.claims and not reply.more:
            job_class = model.instances[instance].job_class
            assert job_class not in pool.members("wake"), f"{instance} cannot sleep"
