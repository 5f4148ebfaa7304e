"""A worker instance that a test drives by hand: tasks start and end exactly when the test says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skedulr import Skedulr, State, commands, values
from skedulr.commands import Ack, Claim
from skedulr.names import new_id
from skedulr.reports import pack_problem
from skedulr.transport.client import Client

LEASE_MS = 60_000


class Hand:
    """An instance in one pool that knows the jobs of the app, or those given."""

    def __init__(
        self, app: Skedulr, pool: str = "default", jobs: Iterable[str] = (), slots: int = 100
    ) -> None:
        self.keys = app.keys(pool)
        self.name = f"hand-{new_id()}"
        self._client = Client(app.address)
        self._number = 0
        app.register_pool(pool)
        known = [*jobs] or [*app.jobs]
        self.is_paused = self._client.run(
            commands.join(self.keys, self.name, known, lease_ms=LEASE_MS, slots=slots)
        )

    def claim(self, most: int = 1) -> list[Claim]:
        """Claim up to so many tasks."""
        return self._exchange(most, [])

    def take(self) -> Claim:
        """Claim the task that is next."""
        claims = self.claim()
        assert claims, f"nothing to claim in {self.keys.pool}"
        return claims[0]

    def succeed(self, claim: Claim, result: Any = None) -> None:
        """End a claim well."""
        packed = b"" if result is None else values.dumps(result)
        self._exchange(0, [Ack(claim.id, claim.epoch, result=packed)])

    def fail(self, claim: Claim, error: str = "it broke", state: State = State.FAILED) -> None:
        """End a claim badly, as failed or dead."""
        problem = pack_problem(error, f"Traceback …\n{error}")
        self._exchange(0, [Ack(claim.id, claim.epoch, state, problem=problem, kind="exception")])

    def retry(self, claim: Claim, delay_ms: int = 60_000) -> None:
        """End a claim with a retry to come."""
        problem = pack_problem("try again", "")
        ack = Ack(claim.id, claim.epoch, State.SCHEDULED, problem=problem, delay_ms=delay_ms)
        self._exchange(0, [ack._replace(kind="exception")])

    def close(self) -> None:
        """Close its connection."""
        self._client.close()

    def _exchange(self, free: int, acks: list[Ack]) -> list[Claim]:
        self._number += 1
        reply = self._client.run(commands.exchange(self.keys, self.name, self._number, free, acks))
        assert reply.status == "ok", reply
        assert not reply.lost, reply
        return list(reply.claims)
