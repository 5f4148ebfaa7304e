"""What a worker says in the name of its instances: join, exchange, beat, tell, give back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgpack

from skedulr.commands.base import Command, listed_keys, packed, text, texts
from skedulr.keys import PoolKeys
from skedulr.record import FORMAT
from skedulr.states import State


class Ack(NamedTuple):
    """The end of one claim, in the order of the wire."""

    id: str
    epoch: int
    state: State = State.SUCCEEDED
    """``SCHEDULED`` for a retry after ``delay_ms``."""
    result: bytes = b""
    problem: bytes = b""
    """Packed error of this attempt, empty for none."""
    delay_ms: int = 0
    reason: str = ""
    kind: str = ""
    """``exception``, ``timeout``, ``fail``, ``retry``, … as the attempt's record keeps it."""


class Claim(NamedTuple):
    """A task that an instance may now run."""

    id: str
    job: str
    epoch: int
    attempt: int
    """Attempts that ended before this one."""
    body: bytes


class Exchanged(NamedTuple):
    """The reply of an exchange."""

    status: str
    """``ok``, ``unknown`` (join first) or ``stale`` (a higher number was seen)."""
    more: bool = False
    """Another exchange finds more to do at once."""
    next_at_ms: int = 0
    """When the earliest delayed task is due, by Redis' clock; 0 for none."""
    suspects: bool = False
    """Tasks wait for a solo instance of these jobs."""
    lost: Sequence[str] = ()
    """Acknowledged tasks whose claim had ended before."""
    claims: Sequence[Claim] = ()


def exchange(
    keys: PoolKeys, instance: str, number: int, free: int, acks: Sequence[Ack]
) -> Command[Exchanged]:
    """End the claims in ``acks`` and claim up to ``free`` tasks; safe to send again with the
    same number.
    """
    ended = packed([ack[:2] if ack[2:] == _QUIET else ack for ack in acks])
    args = (instance, number, free, ended)
    return Command(
        "exchange", listed_keys("exchange", keys, keys.of("own", instance)), args, _exchanged
    )


_QUIET: Final = tuple(Ack("", 0))[2:]


def _exchanged(reply: list[Any]) -> Exchanged:
    if len(reply) == 1:
        return Exchanged(text(reply[0]))
    _, more, next_at, suspects, lost, flat = reply
    claims = [
        Claim(text(flat[i]), text(flat[i + 1]), flat[i + 2], flat[i + 3], flat[i + 4])
        for i in range(0, len(flat), 5)
    ]
    return Exchanged("ok", more == 1, next_at, suspects == 1, texts(lost), claims)


class Handed(NamedTuple):
    """A claim that a script has made for an idle instance."""

    number: int
    """Of the instance's exchange that answers the same."""
    claim: Claim


def handed(message: bytes) -> Handed:
    """What the channel of an instance brings; raises ``ValueError`` for what no script has said."""
    match msgpack.unpackb(message, raw=True):
        case [int(number), bytes(task_id), bytes(job), int(epoch), int(attempt), bytes(body)]:
            return Handed(number, Claim(text(task_id), text(job), epoch, attempt, body))
    raise ValueError("no claim that is handed over")


def job_class(jobs: Iterable[str], *, solo: bool = False) -> tuple[str, str]:
    """The short name of a set of jobs and its text: instances that know the same jobs share
    them.
    """
    text = f"{FORMAT} {'solo' if solo else 'any'} /{'/'.join(sorted(jobs))}/"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest(), text


def join(
    keys: PoolKeys,
    instance: str,
    jobs: Iterable[str],
    *,
    lease_ms: int,
    slots: int,
    solo: bool = False,
    job_limits: Mapping[str, int] | None = None,
) -> Command[bool]:
    """Enter the pool, before the first exchange and whenever one says ``unknown``; answers
    whether it is paused.
    """
    name, text = job_class(jobs, solo=solo)
    args = (instance, name, text, lease_ms, slots, packed(dict(job_limits or {})))
    return Command("join", listed_keys("join", keys), args, lambda reply: reply[1] == 1)


class Beat(NamedTuple):
    """The reply of a heartbeat."""

    known: bool
    """Whether the pool knows the instance; if not it has to join."""
    next_at_ms: int = 0
    suspects: bool = False
    lost: Sequence[tuple[str, int]] = ()
    """Claims (id, epoch) that the instance holds and no longer owns."""
    cancelled: Sequence[tuple[str, int]] = ()
    """Claims (id, epoch) whose task is to be cancelled."""


def beat(
    keys: PoolKeys, instance: str, upto: int, holding: Iterable[tuple[str, int]]
) -> Command[Beat]:
    """Renew the lease of an instance that has read the replies up to exchange ``upto`` and
    holds these claims.
    """
    flat = [value for claim in holding for value in claim]
    args = (instance, upto, packed(flat))
    return Command("beat", listed_keys("beat", keys, keys.of("own", instance)), args, _beat)


def _beat(reply: list[Any]) -> Beat:
    if len(reply) == 1:
        return Beat(known=False)
    _, next_at, suspects, lost, cancelled = reply
    return Beat(True, next_at, suspects == 1, _claim_names(lost), _claim_names(cancelled))


def _claim_names(flat: list[Any]) -> list[tuple[str, int]]:
    return [(text(flat[i]), flat[i + 1]) for i in range(0, len(flat), 2)]


def release(keys: PoolKeys, instance: str, claims: Iterable[tuple[str, int]]) -> Command[int]:
    """Hand claims back unharmed; answers how many went back to their place."""
    flat = [value for claim in claims for value in claim]
    args = (instance, packed(flat))
    return Command("release", listed_keys("release", keys, keys.of("own", instance)), args, int)


class Left(NamedTuple):
    """The reply of ``leave``."""

    more: bool
    back: int
    suspects: int


def leave(
    keys: PoolKeys,
    instance: str,
    *,
    crashed: bool = False,
    lost: bool = False,
    problem: bytes = b"",
    guilty: Iterable[str] = (),
) -> Command[Left]:
    """Give back all that a stopped or dead instance owns, and forget it; call again while
    ``more``. It has ``crashed`` where its process died, and is ``lost`` where its whole worker did.
    Where it is known which tasks made it crash, these alone are charged.
    """
    args = (instance, 2 if lost else 1 if crashed else 0, problem, packed(list(guilty)))

    def parse(reply: list[Any]) -> Left:
        return Left(reply[0] == 1, reply[1], reply[2])

    return Command("leave", listed_keys("leave", keys, keys.of("own", instance)), args, parse)


def progress(keys: PoolKeys, reports: Sequence[tuple[str, int, bytes]]) -> Command[list[str]]:
    """Keep the newest progress (id, epoch, packed) of running tasks; answers those whose claim
    has ended.
    """
    return Command("progress", listed_keys("progress", keys), (packed(reports),), texts)


def log(
    keys: PoolKeys, lines: Sequence[tuple[str, int, int, Sequence[bytes]]]
) -> Command[list[str]]:
    """Append packed log lines (id, epoch, how many of the claim come before, lines) of running
    tasks, each once however often it is sent; answers those whose claim has ended.
    """
    flat = [(task_id, epoch, before, *entries) for task_id, epoch, before, entries in lines]
    return Command("log", listed_keys("log", keys), (packed(flat),), texts)
