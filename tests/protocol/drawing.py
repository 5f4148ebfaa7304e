"""The small worlds that the machine draws from, so that names meet often."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

from skedulr.commands import Ack, Submission
from skedulr.states import State
from tests.protocol.entities import JobClass

T = TypeVar("T")

IDS: Final = ("one", "two", "three", "four")
JOBS: Final = ("a", "b", "c")
CLIENTS: Final = ("ann", "bob")
BODIES: Final = (b"", b"body", b"\xc1\xff\x00", b"x" * 1025)
LEASES_MS: Final = (2000, 5000)

ARRIVES: Final = "arrives"
TWICE: Final = "arrives twice"
LATE: Final = "comes late"
REPLY_LOST: Final = "reply is lost"
DELIVERIES: Final = (*[ARRIVES] * 7, TWICE, LATE, REPLY_LOST, REPLY_LOST)

TICKS_MS: Final = (1, 1, 40, 1000, 2500, 3001, 6000, 61_000, -1, -900, -20_000)
UNLIMITED: Final = -1


def parents(
    chance: Random, now: int, pool: str, ids: Sequence[str], own: str
) -> list[tuple[str, int, int, int]]:
    """What a task waits for, seldom anything."""
    if chance.random() < 0.6:
        return []
    wanted = some(chance, sorted({*ids} - {own}), 2)
    return [
        (
            f"{pool}/{each}",
            chance.choice([1, 1, 2, 3]),
            chance.randint(0, 1),
            chance.choice([0, 0, 0, now]),
        )
        for each in wanted
    ]


def _job_class(name: str, jobs: str, *, solo: bool = False, wire: int = 1) -> JobClass:
    return JobClass(name, wire, solo, frozenset(jobs))


ALL: Final = _job_class("all", "abc")
ALONE: Final = _job_class("alone", "abc", solo=True)
CLASSES: Final = (
    *[ALL] * 3,
    *[ALONE] * 2,
    _job_class("ab", "ab"),
    _job_class("bc", "bc"),
    _job_class("alone-b", "b", solo=True),
    _job_class("old", "abc", wire=0),
    _job_class("old-alone", "abc", solo=True, wire=0),
    _job_class("new", "ac", wire=2),
)


def some(chance: Random, values: Sequence[T], most: int = 3) -> list[T]:
    """A few of the values, each once, in any order."""
    return chance.sample(values, chance.randint(0, min(most, len(values))))


def delays(chance: Random, now: int) -> tuple[int, int]:
    """A delay and an absolute time, of which one counts or none."""
    choices = [*[(0, 0)] * 6, (1, 0), (1500, 0), (30_000, 0), (0, now + 700), (9, now - 9)]
    return chance.choice(choices)


def submission(
    chance: Random, serial: int, now: int, pool: str = "pool", known: Sequence[str] = ()
) -> Submission:
    """A task to submit; ``serial`` makes generated ids and tokens unique."""
    task_id = chance.choice([*IDS, *[""] * 3])
    delay_ms, at_ms = delays(chance, now)
    return Submission(
        id=task_id or f"g{serial}",
        job=chance.choice(JOBS),
        priority=chance.choice([0, 0, 0, 7, 1023]),
        key=chance.choice(["", "", "k1", "{k}:2@a/b"]),
        group=chance.choice(["", "acme"]),
        token=f"t{serial}".encode() if task_id else b"",
        delay_ms=delay_ms,
        at_ms=at_ms,
        expires_in_ms=chance.choice([0, 0, 1000]),
        ttl_ms=chance.choice([0, 0, 1, 70_000]),
        body=chance.choice(BODIES),
        parents=parents(chance, now, pool, [*IDS, *known], task_id),
        flow=chance.choice([*[""] * 5, f"{pool}/f", f"{pool}/g"]),
    )


def due_at_once(said: Submission) -> Submission:
    """The same without what could keep it from being claimed at once."""
    return said._replace(delay_ms=0, at_ms=0, parents=(), body=b"body")


def ending(chance: Random, task_id: str, epoch: int) -> Ack:
    """The acknowledgement of a claim, however it ended."""
    kinds = ["quiet", "quiet", "result", "retry", "retry", "failed", "dead", "user"]
    kind = chance.choice([*kinds, *kinds, chance.choice(["crash", "suspected"])])
    if kind in ("crash", "suspected"):
        problem = chance.choice([b"", b"crash"]) if kind == "crash" else b""
        return Ack(task_id, epoch, State.QUEUED, b"", problem, 0, "", kind)
    if kind == "result":
        return Ack(task_id, epoch, result=b"result")
    if kind == "retry":
        delay_ms = chance.choice([0, 50, 5000])
        return Ack(task_id, epoch, State.SCHEDULED, b"", b"problem", delay_ms, "", "retry")
    if kind == "failed":
        return Ack(task_id, epoch, State.FAILED, b"", b"problem", 0, "gave up", "exception")
    if kind == "dead":
        return Ack(task_id, epoch, State.DEAD, b"", b"problem", 0, "retries", "timeout")
    if kind == "user":
        return Ack(task_id, epoch, State.CANCELLED, b"", b"", 0, "user", "")
    return Ack(task_id, epoch)


def setting(chance: Random) -> dict[str, int]:
    """A change of one setting, more often back to harmless than not."""
    name, harmless, others = chance.choice(
        [
            ("pool_paused", 0, [1]),
            ("limit", UNLIMITED, [0, 1, 3]),
            ("capacity", UNLIMITED, [2, 8]),
            ("history", UNLIMITED, [0, 1]),
            ("retention", UNLIMITED, [1000, 70_000]),
        ]
    )
    return {name: harmless if chance.random() < 0.7 else chance.choice(others)}


def job_limits(chance: Random, probability: float) -> dict[str, int]:
    """Perhaps a limit for a job, or its end."""
    if chance.random() > probability:
        return {}
    return {chance.choice(JOBS): chance.choice([UNLIMITED, UNLIMITED, 0, 1, 2])}
