"""The steps of a worker, taken one at a time, so that tasks stand exactly where a test wants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skedulr import Skedulr, State, commands, values
from skedulr.commands import Ack, Claim
from skedulr.reports import LogLine, pack_log_line, pack_problem, pack_progress

INSTANCE = "host-1.abcdef12"
JOBS = ("greet", "send_email", "odd")
SLOTS = 10


class Shop:
    """Puts tasks of one app into the states that a test needs."""

    def __init__(self, app: Skedulr) -> None:
        self.app = app
        self._numbers: dict[str, int] = {}

    def queue(self, *ids: str, job: str = "greet", pool: str = "default", **options: Any) -> None:
        """Submit tasks that nobody claims."""
        for task_id in ids:
            self.app.enqueue(job, id=task_id, pool=pool, **options)

    def join(self, pool: str = "default", jobs: Iterable[str] = JOBS) -> None:
        """Let an instance enter a pool."""
        keys = self.app.keys(pool)
        self._run(commands.join(keys, INSTANCE, jobs, lease_ms=60_000, slots=SLOTS))

    def claim(self, free: int = 1, pool: str = "default") -> list[Claim]:
        """Claim so many tasks."""
        self.join(pool)
        claims = self._exchange(pool, free, [])
        assert len(claims) == free
        return claims

    def tell(self, claim: Claim, percent: float, message: str, pool: str = "default") -> None:
        """Report progress and a log line."""
        keys, now = self.app.keys(pool), 1_700_000_000_000
        report = pack_progress(percent, message, now)
        self._run(commands.progress(keys, [(claim.id, claim.epoch, report)]))
        line = pack_log_line(LogLine(now, 1, message, {"to": "a@b.c"}))
        self._run(commands.log(keys, [(claim.id, claim.epoch, 0, [line])]))

    def end(
        self,
        claim: Claim,
        state: State = State.SUCCEEDED,
        *,
        pool: str = "default",
        result: object = None,
        error: str = "",
        traceback: str = "",
    ) -> None:
        """End the claim's attempt."""
        ack = Ack(
            claim.id,
            claim.epoch,
            state,
            result=values.dumps(result),
            problem=pack_problem(error, traceback) if error else b"",
            delay_ms=3_600_000 if state is State.SCHEDULED else 0,
            kind="exception" if error else "",
        )
        self._exchange(pool, 0, [ack])

    def crash(self, claim: Claim, pool: str = "default") -> None:
        """Have the process die that the claim has for itself."""
        problem = pack_problem("the process was killed", "", {"cause": "segfault"})
        ack = Ack(claim.id, claim.epoch, State.QUEUED, problem=problem, kind="crash")
        self._exchange(pool, 0, [ack])

    def in_every_state(self, pool: str = "default") -> None:
        """One task in each state that there is, named after it."""
        ended = ("succeeded", "failed", "dead")
        self.queue(*ended, "running", pool=pool, priority=9)
        for claim in self.claim(4, pool):
            if claim.id in ended:
                how = {"error": "ValueError: boom"} if claim.id != "succeeded" else {}
                self.end(claim, State[claim.id.upper()], pool=pool, **how)
        self.queue("queued", "cancelled", pool=pool)
        self.queue("scheduled", pool=pool, delay="1h")
        self.app.task(f"{pool}/cancelled").cancel()

    def _exchange(self, pool: str, free: int, acks: list[Ack]) -> list[Claim]:
        self._numbers[pool] = number = self._numbers.get(pool, 0) + 1
        keys = self.app.keys(pool)
        exchanged = self._run(commands.exchange(keys, INSTANCE, number, free, acks))
        assert exchanged.lost == []
        return list(exchanged.claims)

    def _run(self, command: commands.Command[Any]) -> Any:
        return self.app.client.run(command)
