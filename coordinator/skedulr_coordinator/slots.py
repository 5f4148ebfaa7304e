"""The slots of a schedule: the moments at which it runs, in ms since 1970.

A cron expression speaks of what a clock on the wall shows. croniter finds these times on a clock
that is never changed; what becomes of them where the clocks are changed is decided here, nearly as
``cron(8)`` does it, which counts what begins with ``*`` in the minutes to the second kind:

- An expression that names hours runs once for each time that it names. What the clocks skip runs
  right after the gap, all of it once; of a time that they show twice, the first counts.
- An expression for every hour runs whenever the clock shows its minutes, so an hour that comes
  twice is run twice, and one that is skipped is not run.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

from skedulr.schedules.timing import Cron, Interval, Once, Timing

SECOND: Final = timedelta(seconds=1)
HORIZON: Final = timedelta(hours=26)
"""Clocks were never changed by more, nor twice within that time."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SPAN_MS: Final = 60_000


class Slots(Protocol):
    """When a schedule runs."""

    def first(self, since_ms: int) -> int:
        """The slot that a schedule made at that moment begins with, 0 for none."""

    def after(self, ms: int) -> int:
        """The first slot after that moment, 0 for none."""


def slots_of(timing: Timing, anchor_ms: int) -> Slots:
    """The slots of a timing; intervals count from ``anchor_ms``.

    Raises ``ValueError`` for an expression or a time zone that is not known here.
    """
    match timing:
        case Once(at_ms):
            return OnceSlots(at_ms)
        case Interval(every_ms):
            return IntervalSlots(every_ms, anchor_ms)
        case Cron(expression, timezone):
            return cron_slots(expression, timezone)


def newest(slots: Slots, most: int, since_ms: int, until_ms: int) -> list[int]:
    """The last slots, at most so many, from ``since_ms``, itself a slot, to ``until_ms``."""
    span = FIRST_SPAN_MS
    while True:
        begin = max(since_ms, until_ms - span)
        found: deque[int] = deque(maxlen=most)
        slot = since_ms if begin == since_ms else slots.after(begin)
        while 0 < slot <= until_ms:
            found.append(slot)
            slot = slots.after(slot)
        if len(found) == most or begin == since_ms:
            return list(found)
        span *= 4


class OnceSlots:
    """One moment."""

    def __init__(self, at_ms: int) -> None:
        self._at_ms = at_ms

    def first(self, since_ms: int) -> int:  # noqa: ARG002 - one that is past runs late
        """That moment, also where it is past."""
        return self._at_ms

    def after(self, ms: int) -> int:
        """The moment, or none."""
        return self._at_ms if self._at_ms > ms else 0


class IntervalSlots:
    """Every so many ms from an anchor on; the anchor itself is none."""

    def __init__(self, every_ms: int, anchor_ms: int) -> None:
        self._every_ms = every_ms
        self._anchor_ms = anchor_ms

    def first(self, since_ms: int) -> int:
        """The first slot after that moment."""
        return self.after(since_ms)

    def after(self, ms: int) -> int:
        """The first slot after that moment."""
        passed = max((ms - self._anchor_ms) // self._every_ms, 0)
        return self._anchor_ms + (passed + 1) * self._every_ms


@lru_cache(maxsize=1024)
def cron_slots(expression: str, timezone: str) -> CronSlots:
    """The slots of an expression; the same object each time. Raises ``ValueError``."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone {timezone!r} is known here: {error}") from error
    return CronSlots(expression, zone)


class CronSlots:
    """The moments at which the clock of a time zone matches an expression."""

    def __init__(self, expression: str, zone: ZoneInfo) -> None:
        self._zone = zone
        self._cron = croniter(expression, datetime(2000, 1, 1))  # noqa: DTZ001 - a clock that is never changed
        hours = self._cron.expanded[1]
        self._is_hourly = hours == ["*"] or len(hours) == 24

    def first(self, since_ms: int) -> int:
        """The first slot after that moment."""
        return self.after(since_ms)

    def after(self, ms: int) -> int:
        """The first slot after that moment; raises ``ValueError`` where none will ever come."""
        moment = EPOCH + timedelta(seconds=ms // 1000)
        slot = self._hourly(moment) if self._is_hourly else self._at_hours(moment)
        return (slot - EPOCH) // SECOND * 1000

    def _at_hours(self, moment: datetime) -> datetime:
        """The first time after that moment that the expression names: each once."""
        wall = self._wall(moment)
        while True:
            wall = self._next_wall(wall)
            slot = self._moment_of(wall)
            if slot > moment:
                return slot

    def _hourly(self, moment: datetime) -> datetime:
        """The first moment after that one at which the clock matches, however it is changed."""
        offset = self._offset(moment)
        wall = self._wall(moment)
        while True:
            # On a clock that is not changed until then:
            slot = (self._next_wall(wall) - offset).replace(tzinfo=UTC)
            change = self._change(moment, min(slot, moment + HORIZON))
            if change is not None:
                moment, offset = change, self._offset(change)
                wall = self._wall(change) - SECOND  # what the clock is changed to counts, too
            elif slot <= moment + HORIZON:
                return slot
            else:
                moment = slot - HORIZON
                offset, wall = self._offset(moment), self._wall(moment)

    def _next_wall(self, wall: datetime) -> datetime:
        """The next match on a clock that is never changed."""
        self._cron.set_current(wall, force=True)
        found: datetime = self._cron.get_next(datetime)
        return found.replace(tzinfo=None)

    def _wall(self, moment: datetime) -> datetime:
        """What the clock shows."""
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _offset(self, moment: datetime) -> timedelta:
        return self._wall(moment) - moment.replace(tzinfo=None)

    def _moment_of(self, wall: datetime) -> datetime:
        """When the clock shows that for the first time; where it never does, when it has skipped
        it (PEP 495).
        """
        early, late = (
            wall.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        if self._wall(early) == wall:
            return early
        change = self._change(late, early)
        assert change is not None, "a clock that skips a time is changed"
        return change

    def _change(self, begin: datetime, end: datetime) -> datetime | None:
        """When the clock is changed after ``begin`` and not after ``end``, if it is."""
        if self._offset(begin) == self._offset(end):
            return None
        low, high = 0, (end - begin) // SECOND
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(begin + middle * SECOND) == self._offset(begin):
                low = middle
            else:
                high = middle
        return begin + high * SECOND
