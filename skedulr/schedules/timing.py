"""When a schedule runs, and what becomes of slots that were missed: checked values, packed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgpack

from skedulr import durations
from skedulr.durations import Span
from skedulr.errors import InvalidOption
from skedulr.schedules import crontab
from skedulr.wording import similar

SHORTEST_MS: Final = 1000
"""The shortest interval of a schedule."""

MOST_CAUGHT_UP: Final = 1000
"""The most missed slots that ``all(n)`` can ask for."""

USUALLY_CAUGHT_UP: Final = 100
"""Missed slots that ``all`` means."""


@dataclass(frozen=True, slots=True)
class Once:
    """At one moment, in ms since 1970."""

    at_ms: int

    kind = "once"


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many ms, the first time so long after the schedule was made."""

    every_ms: int

    kind = "interval"


@dataclass(frozen=True, slots=True)
class Cron:
    """Whenever the clock of a time zone matches an expression."""

    expression: str
    timezone: str = "UTC"

    kind = "cron"


Timing: TypeAlias = Once | Interval | Cron


def timing(
    *,
    at: datetime | None = None,
    every: Span | None = None,
    cron: str | None = None,
    tz: str | None = None,
) -> Timing:
    """The timing that exactly one of ``at``, ``every`` and ``cron`` says; raises
    ``InvalidOption``.
    """
    said = {"at": at, "every": every, "cron": cron}
    given = [name for name, value in said.items() if value is not None]
    if len(given) != 1:
        wrong = " and ".join(given) or "nothing"
        raise InvalidOption("the time", wrong, "give one of at, every and cron")
    if tz is not None and cron is None:
        raise InvalidOption("tz", tz, "only a cron expression takes one; a moment brings its own")
    if at is not None:
        return Once(durations.instant(at, "at"))
    if every is not None:
        return Interval(_interval(every))
    return Cron(crontab.check(cron), _timezone("UTC" if tz is None else tz))


def _interval(every: Span) -> int:
    found = durations.milliseconds(every, "every")
    if found < SHORTEST_MS:
        raise InvalidOption("every", every, "the shortest interval is 1 s")
    return found


def _timezone(name: object) -> str:
    if isinstance(name, ZoneInfo) and name.key:
        name = name.key
    if not isinstance(name, str):
        raise InvalidOption("tz", name, 'give the name of a time zone, such as "Europe/Berlin"')
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if known:  # a host may have no list; then the coordinator's counts
            hint = similar(name, known) or 'give a name such as "Europe/Berlin"'
            raise InvalidOption("tz", name, hint) from None
    return name


def pack(value: Timing) -> bytes:
    """A timing as Redis holds it."""
    parts: tuple[int | str, ...]
    match value:
        case Once(at_ms):
            parts = (at_ms,)
        case Interval(every_ms):
            parts = (every_ms,)
        case Cron(expression, timezone):
            parts = (expression, timezone)
    return msgpack.packb([value.kind, *parts])


def unpack(data: bytes) -> Timing:
    """The timing that ``pack`` packed; raises ``ValueError`` for one of a newer kind."""
    match msgpack.unpackb(data):
        case ["once", int(at_ms)]:
            return Once(at_ms)
        case ["interval", int(every_ms)] if every_ms > 0:
            return Interval(every_ms)
        case ["cron", str(expression), str(timezone)]:
            return Cron(expression, timezone)
        case other:
            raise ValueError(f"{other!r} is no time that this version can plan")


@dataclass(frozen=True, slots=True)
class Policy:
    """What becomes of slots that nobody fired in time, and how far runs are spread."""

    catch_up: str = "latest"
    """``skip``, ``latest`` or ``all``."""
    most: int = 0
    """How many of all."""
    jitter_ms: int = 0
    """Each run is put off by up to so much."""

    @property
    def text(self) -> str:
        """``skip``, ``latest`` or ``all(100)``."""
        return f"all({self.most})" if self.catch_up == "all" else self.catch_up

    def pack(self) -> bytes:
        """The policy as Redis holds it."""
        return msgpack.packb([self.catch_up, self.most, self.jitter_ms])


_ALL: Final = re.compile(r"all(?:\((\d{1,6})\))?", re.ASCII)


def policy(catch_up: object = "latest", jitter: Span = 0) -> Policy:
    """The policy as a user says it; raises ``InvalidOption``."""
    jitter_ms = durations.milliseconds(jitter, "jitter")
    if catch_up in ("skip", "latest"):
        return Policy(str(catch_up), 0, jitter_ms)
    found = _ALL.fullmatch(catch_up) if isinstance(catch_up, str) else None
    most = int(found[1] or USUALLY_CAUGHT_UP) if found else 0
    if not 1 <= most <= MOST_CAUGHT_UP:
        raise InvalidOption(
            "catch_up",
            catch_up,
            f'give "skip", "latest", "all" or "all(n)" with n from 1 to {MOST_CAUGHT_UP}',
        )
    return Policy("all", most, jitter_ms)


def overlap(value: object) -> str:
    """The overlap policy, checked; raises ``InvalidOption``."""
    if value not in ("allow", "skip"):
        raise InvalidOption("overlap", value, 'give "allow" or "skip"')
    return str(value)


def unpack_policy(data: bytes) -> Policy:
    """The policy that ``Policy.pack`` packed; raises ``ValueError``."""
    found: Any = msgpack.unpackb(data)
    match found:
        case ["skip" | "latest" | "all" as catch_up, int(most), int(jitter_ms), *_]:
            return Policy(catch_up, most, jitter_ms)
    raise ValueError(f"{found!r} is no policy that this version knows")
