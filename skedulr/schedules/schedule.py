"""A schedule as Redis holds it, and as people look at it.

``schedules`` has for each what it runs and when, ``schedule:plans`` where it stands: its next slot,
its pause, the runs that have not ended. Both are msgpack maps; fields that this version does not
know are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

import msgpack

from skedulr import durations
from skedulr.errors import Undecodable
from skedulr.schedules import timing
from skedulr.schedules.timing import Cron, Interval, Policy, Timing
from skedulr.states import State

CODE: Final = "code"
USER: Final = "user"
ACTIVE: Final = "active"
PAUSED: Final = "paused"
FINISHED: Final = "finished"

DECLARED_FOR_MS: Final = 90_000
"""So long after the last declaration code counts as running, as in ``schedules.lua``."""

Map = dict[bytes, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a schedule stands; times are ms since 1970, 0 for none."""

    revision: int
    state: str
    slot: int
    """The next slot, 0 where none is planned."""
    anchor: int
    """Intervals count from here."""
    since: int
    """Slots are planned from here on."""
    declared_ms: int
    """When code last declared a schedule of this name."""
    fired: int
    """Runs so far."""
    unfinished: list[str]
    """Ids of runs that had not ended when it last fired, the newest last."""
    outlook: bytes
    problem: str


@dataclass(frozen=True, slots=True)
class Spec:
    """What a schedule runs and when."""

    name: str
    source: str
    timing: bytes
    policy: bytes
    overlap: str
    job: str
    changed_ms: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """What became of a slot."""

    outcome: Literal["fired", "by hand", "missed", "overlap", "duplicate", "full"]
    slot_ms: int
    upto_ms: int
    """The last of several slots that were missed; 0 for a single one."""
    at_ms: int
    """When it was decided."""
    task: str
    """The id of its task, or of the one that held its key; empty where there is none."""
    state: State | None = None
    """Of that task; ``None`` where it is forgotten."""


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """All about a schedule; times are ms since 1970 by Redis' clock, 0 for none."""

    name: str
    pool: str
    job: str
    kind: str
    """``once``, ``interval``, ``cron``, or ``unknown`` where a newer version made it."""
    spec: str
    """The moment (ISO 8601), the seconds, or the expression."""
    timezone: str
    words: str
    """Its times in plain words; empty until a coordinator has planned it."""
    state: str
    """``active``, ``paused`` or ``finished``."""
    next_ms: int
    upcoming_ms: list[int]
    """The next slots; empty until a coordinator has planned it."""
    declared: bool
    """Whether code declared it, instead of somebody at run time."""
    orphaned: bool
    """Whether it was declared by code, and none of the code that runs does so any more."""
    overlap: str
    catch_up: str
    jitter_ms: int
    problem: str
    """Why no coordinator can plan it, empty where one can."""
    fired: int
    created_ms: int
    changed_ms: int
    runs: list[ScheduleRun] = field(default_factory=list)
    """What became of the last slots, the newest first."""


def read_spec(name: str, data: bytes) -> Spec:
    """What a schedule runs; raises ``Undecodable``."""
    found = _read(data)
    try:
        return Spec(
            name=name,
            source=_text(found[b"source"]),
            timing=found[b"timing"],
            policy=found[b"policy"],
            overlap=_text(found[b"overlap"]),
            job=_text(found[b"job"]),
            changed_ms=found[b"changed_at"],
            created_ms=found[b"created_at"],
        )
    except KeyError as error:
        raise Undecodable(f"the schedule {name!r} lacks {error}") from None


def read_plan(data: bytes) -> Plan:
    """Where a schedule stands; raises ``Undecodable``."""
    found = _read(data)
    try:
        return Plan(
            revision=found[b"revision"],
            state=_text(found[b"state"]),
            slot=found[b"slot"],
            anchor=found[b"anchor"],
            since=found[b"from"],
            declared_ms=found[b"last_declared"],
            fired=found[b"fired"],
            unfinished=[_text(each) for each in found[b"unfinished"]],
            outlook=found[b"outlook"],
            problem=_text(found[b"problem"]),
        )
    except KeyError as error:
        raise Undecodable(f"the plan of a schedule lacks {error}") from None


def read_run(data: bytes) -> ScheduleRun:
    """One entry of a schedule's past."""
    found = _read(data)
    outcome: Any = _text(found[b"what"])
    slot = found[b"slot"]
    task = _text(found.get(b"task", b""))
    return ScheduleRun(outcome, slot, found.get(b"upto", 0), found[b"at"], task)


def pack_outlook(words: str, upcoming: list[int]) -> bytes:
    """What people may know of the times of a schedule."""
    return msgpack.packb([words, upcoming])


def read_outlook(data: bytes) -> tuple[str, list[int]]:
    """The words and the slots that ``pack_outlook`` packed."""
    if not data:
        return "", []
    words, upcoming, *_ = msgpack.unpackb(data)
    return words, list(upcoming)


def info(
    pool: str, spec: Spec, plan: Plan, runs: list[ScheduleRun], *, now_ms: int, workers_live: bool
) -> ScheduleInfo:
    """All about a schedule. That code stopped to declare it can only be said where code runs."""
    words, upcoming = read_outlook(plan.outlook)
    policy = _policy(spec.policy)
    is_planned = plan.state == ACTIVE and plan.slot > 0
    declared = spec.source == CODE
    kind, text, zone = _described(spec.timing)
    return ScheduleInfo(
        name=spec.name,
        pool=pool,
        job=spec.job,
        kind=kind,
        spec=text,
        timezone=zone,
        words=words,
        state=plan.state,
        next_ms=plan.slot if is_planned else 0,
        upcoming_ms=[plan.slot, *(each for each in upcoming if each > plan.slot)]
        if is_planned
        else [],
        declared=declared,
        orphaned=declared and workers_live and plan.declared_ms + DECLARED_FOR_MS <= now_ms,
        overlap=spec.overlap,
        catch_up=policy.text,
        jitter_ms=policy.jitter_ms,
        problem=plan.problem,
        fired=plan.fired,
        created_ms=spec.created_ms,
        changed_ms=spec.changed_ms,
        runs=runs,
    )


def _described(packed: bytes) -> tuple[str, str, str]:
    """Kind, text and time zone of a timing."""
    try:
        found: Timing = timing.unpack(packed)
    except ValueError as error:
        return "unknown", str(error), ""
    match found:
        case Cron(expression, timezone):
            return found.kind, expression, timezone
        case Interval(every_ms):
            return found.kind, f"{Decimal(every_ms).scaleb(-3).normalize():f}", ""
        case _:
            return found.kind, durations.iso(found.at_ms), "UTC"


def _policy(packed: bytes) -> Policy:
    try:
        return timing.unpack_policy(packed)
    except ValueError:
        return Policy("unknown")


def _read(data: bytes) -> Map:
    try:
        found = msgpack.unpackb(data, raw=True)
    except Exception as error:
        raise Undecodable(f"a schedule cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Undecodable("a schedule cannot be read: it is no map")
    return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
