"""Everything that skedulr says to Redis, as plain values: one function per Lua script.

A ``Command`` names the script, its keys and its arguments, and knows how to read the reply. The
sync and the async client send the same values, so building and reading exist once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgpack

from skedulr import lua
from skedulr.keys import PoolKeys, RegistryKeys
from skedulr.record import FORMAT
from skedulr.states import State

T = TypeVar("T")
Argument = bytes | str | int

MOST_TASKS: Final = 1000
"""Tasks that one call takes at most."""


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """A call of a script: what to send, and how to read the reply."""

    script: str
    keys: tuple[bytes, ...]
    args: Sequence[Argument]
    parse: Callable[[Any], T]


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """Plain read-only Redis commands in one trip, and how to read the list of their replies."""

    calls: tuple[tuple[Argument, ...], ...]
    parse: Callable[[list[Any]], T]


Steps: TypeAlias = Generator["Command[Any] | Read[Any]", Any, T]
"""An operation of several trips, written once for both clients: it yields what to send and gets
the reply.
"""


def _packed(value: object) -> bytes:
    # Lua's cmsgpack knows neither bin nor ext: text and bytes alike travel as raw strings.
    return msgpack.packb(value, use_bin_type=False)


def _pool_keys(script: str, keys: PoolKeys, *families: bytes) -> tuple[bytes, ...]:
    names = lua.load(script).keys
    fixed = names[: len(names) - len(families)]
    return keys.listed(fixed) + families if families else keys.listed(fixed)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _texts(values: Iterable[bytes]) -> list[str]:
    return [_text(value) for value in values]


# --- producers


class Submission(NamedTuple):
    """One task to submit, in the order of the wire."""

    id: str
    job: str
    priority: int
    key: str
    group: str
    token: bytes
    """Random bytes of this submission; empty where the generated id is the token."""
    delay_ms: int
    at_ms: int
    """Absolute due time; 0 for none."""
    expires_in_ms: int
    """Cancelled when it has not started by then; 0 for never."""
    ttl_ms: int
    """How long it is kept after its end; 0 for as long as the pool says."""
    body: bytes


class Refusal(NamedTuple):
    """A submission that was not stored anew."""

    place: int
    """Position in the batch, from 0."""
    outcome: str
    """``same``, ``existing``, ``duplicate_id``, ``duplicate_key`` or ``full``."""
    detail: str
    """The id of the task that stands against it, or the limit."""


def enqueue(
    keys: PoolKeys, tasks: Sequence[Submission], *, existing: bool = False
) -> Command[list[Refusal]]:
    """Submit up to ``MOST_TASKS`` tasks of one pool; answers those that were not stored anew."""
    args = [b"1" if existing else b"0", *map(_packed, tasks)]
    return Command("enqueue", _pool_keys("enqueue", keys), args, _refusals)


def _refusals(reply: list[Any]) -> list[Refusal]:
    return [
        Refusal(
            index - 1, _text(outcome), _text(detail) if isinstance(detail, bytes) else str(detail)
        )
        for index, outcome, detail in zip(reply[::3], reply[1::3], reply[2::3], strict=True)
    ]


class Standing(NamedTuple):
    """What a script says of a task after a command on it."""

    outcome: str
    state: State | None
    epoch: int
    holder: str = ""


def cancel(keys: PoolKeys, task_id: str, epoch: int = 0) -> Command[Standing]:
    """Cancel a task that still has this epoch (0: whatever it has).

    Outcomes: ``cancelled``, ``requested``, ``ended``, ``changed``, ``newer``, ``missing``.
    """
    return Command("cancel", _pool_keys("cancel", keys), (task_id, epoch), _standing)


def resubmit(
    keys: PoolKeys, task_id: str, epoch: int, token: bytes, *, any_state: bool = False
) -> Command[Standing]:
    """Run an ended task again that still has this epoch (0: whatever it has).

    Outcomes: ``resubmitted``, ``refused``, ``changed``, ``duplicate_key``, ``newer``, ``missing``.
    """
    args = (task_id, epoch, token, 1 if any_state else 0)
    return Command("resubmit", _pool_keys("resubmit", keys), args, _standing)


def _standing(reply: list[Any]) -> Standing:
    outcome, state, epoch, *holder = reply
    known = State(state) if state in State._value2member_map_ else None
    return Standing(_text(outcome), known, epoch, _text(holder[0]) if holder else "")


class Ending(NamedTuple):
    """How an awaited task stands."""

    outcome: str
    """``missing``, ``waiting``, ``crowded`` or ``ended``; only the last has the rest."""
    state: State | None = None
    reason: str = ""
    result: bytes = b""
    attempts: bytes = b""
    epoch: int = 0


def wait(keys: PoolKeys, task_id: str, client: str) -> Command[Ending]:
    """Ask how a task ended; where it has not, its id comes to ``inbox:<client>`` once it has."""
    return Command("wait", _pool_keys("wait", keys), (task_id, client), _ending)


def _ending(reply: list[Any]) -> Ending:
    if len(reply) == 1:
        return Ending(_text(reply[0]))
    outcome, state, reason, result, attempts, epoch = reply
    return Ending(_text(outcome), State(state), _text(reason), result, attempts, epoch)


# --- instances


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
    packed = _packed([ack[:2] if ack[2:] == _QUIET else ack for ack in acks])
    args = (instance, number, free, packed)
    return Command(
        "exchange", _pool_keys("exchange", keys, keys.of("own", instance)), args, _exchanged
    )


_QUIET: Final = tuple(Ack("", 0))[2:]


def _exchanged(reply: list[Any]) -> Exchanged:
    if len(reply) == 1:
        return Exchanged(_text(reply[0]))
    _, more, next_at, suspects, lost, flat = reply
    claims = [
        Claim(_text(flat[i]), _text(flat[i + 1]), flat[i + 2], flat[i + 3], flat[i + 4])
        for i in range(0, len(flat), 5)
    ]
    return Exchanged("ok", more == 1, next_at, suspects == 1, _texts(lost), claims)


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
    args = (instance, name, text, lease_ms, slots, _packed(dict(job_limits or {})))
    return Command("join", _pool_keys("join", keys), args, lambda reply: reply[1] == 1)


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
    args = (instance, upto, _packed(flat))
    return Command("beat", _pool_keys("beat", keys, keys.of("own", instance)), args, _beat)


def _beat(reply: list[Any]) -> Beat:
    if len(reply) == 1:
        return Beat(known=False)
    _, next_at, suspects, lost, cancelled = reply
    return Beat(True, next_at, suspects == 1, _claim_names(lost), _claim_names(cancelled))


def _claim_names(flat: list[Any]) -> list[tuple[str, int]]:
    return [(_text(flat[i]), flat[i + 1]) for i in range(0, len(flat), 2)]


def release(keys: PoolKeys, instance: str, claims: Iterable[tuple[str, int]]) -> Command[int]:
    """Hand claims back unharmed; answers how many went back to their place."""
    flat = [value for claim in claims for value in claim]
    args = (instance, _packed(flat))
    return Command("release", _pool_keys("release", keys, keys.of("own", instance)), args, int)


class Left(NamedTuple):
    """The reply of ``leave``."""

    more: bool
    back: int
    suspects: int


def leave(
    keys: PoolKeys, instance: str, *, crashed: bool = False, problem: bytes = b""
) -> Command[Left]:
    """Give back all that a stopped or dead instance owns, and forget it; call again while
    ``more``.
    """
    args = (instance, 1 if crashed else 0, problem)

    def parse(reply: list[Any]) -> Left:
        return Left(reply[0] == 1, reply[1], reply[2])

    return Command("leave", _pool_keys("leave", keys, keys.of("own", instance)), args, parse)


def progress(keys: PoolKeys, reports: Sequence[tuple[str, int, bytes]]) -> Command[list[str]]:
    """Keep the newest progress (id, epoch, packed) of running tasks; answers those whose claim
    has ended.
    """
    return Command("progress", _pool_keys("progress", keys), (_packed(reports),), _texts)


def log(keys: PoolKeys, lines: Sequence[tuple[str, int, Sequence[bytes]]]) -> Command[list[str]]:
    """Append packed log lines (id, epoch, lines) of running tasks; answers those whose claim
    has ended.
    """
    flat = [(task_id, epoch, *entries) for task_id, epoch, entries in lines]
    return Command("log", _pool_keys("log", keys), (_packed(flat),), _texts)


# --- sweeps


class Recovered(NamedTuple):
    """The reply of ``recover``."""

    more: bool
    instance: str
    """Whose lease was over; empty when none was."""
    tasks: int


def recover(keys: PoolKeys) -> Command[Recovered]:
    """Take back the tasks of one instance whose lease is over."""

    def parse(reply: list[Any]) -> Recovered:
        return Recovered(reply[0] == 1, _text(reply[1]), reply[2])

    return Command("recover", _pool_keys("recover", keys), (), parse)


def promote(keys: PoolKeys) -> Command[tuple[bool, int]]:
    """Move due tasks into the queue; answers whether more are due, and when the next one is
    (ms, 0: none).
    """
    return Command(
        "promote", _pool_keys("promote", keys), (), lambda reply: (reply[0] == 1, reply[1])
    )


def trim(keys: PoolKeys, most: int = 100) -> Command[tuple[bool, int]]:
    """Forget up to ``most`` ended tasks of each kind; answers whether more could go, and how
    many went.
    """
    return Command(
        "trim", _pool_keys("trim", keys), (most,), lambda reply: (reply[0] == 1, reply[1])
    )


def repair(keys: PoolKeys, cursor: str = "0") -> Command[tuple[str, int]]:
    """Check one page of running tasks; answers the next cursor (``0``: done) and how much was
    put right.
    """
    return Command(
        "repair", _pool_keys("repair", keys), (cursor,), lambda reply: (_text(reply[0]), reply[1])
    )


# --- control


class PoolSettings(NamedTuple):
    """The settings of a pool after a change; -1 is no limit."""

    paused: bool
    limit: int
    capacity: int
    slots: int
    """How many tasks the live instances can run at once."""
    running: int


def control(
    keys: PoolKeys,
    changes: Mapping[str, int] | None = None,
    *,
    version: int = 0,
    job_limits: Mapping[str, int] | None = None,
) -> Command[PoolSettings]:
    """Change settings: ``paused`` (with its version), ``pool_paused``, ``limit``, ``capacity``,
    ``history``, ``retention``.
    """
    args = (version, _packed(dict(changes or {})), _packed(dict(job_limits or {})))
    return Command(
        "control",
        _pool_keys("control", keys),
        args,
        lambda reply: PoolSettings(reply[0] == 1, *reply[1:]),
    )


def pause(keys: RegistryKeys, paused: bool) -> Command[int]:
    """Set the cluster's pause; answers its version, which every pool then copies."""
    return Command("pause", (keys.control,), (1 if paused else 0,), int)


def report(keys: RegistryKeys, name: str, packed: bytes, ttl_ms: int) -> Command[int]:
    """Tell what a worker process is and does; empty ``packed`` when it leaves. Answers how many
    report.
    """
    return Command("report", (keys.workers, keys.alive), (name, packed, ttl_ms), int)
