"""Spans and points of time as users write them, turned into the numbers that skedulr counts in.

A span is a number of seconds, a ``timedelta``, or text: ``500ms``, ``15s``, ``2m``, ``1h``, ``7d``,
``2w``, several of them in a row (``1h30m``), or a bare number, which means seconds. It is never
negative and at most a hundred years. A point in time is a ``datetime`` that knows its time zone.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from skedulr.errors import InvalidOption

Span: TypeAlias = float | timedelta | str
"""What a user may give where a span of time is wanted; whole numbers count as ``float``."""

LONGEST: Final = 100 * 365 * 86_400.0
"""Seconds of the longest span."""

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER: Final = r"\d+(?:\.\d*)?|\.\d+"
_PART: Final = re.compile(rf"({_NUMBER})\s*(ms|[smhdw])\s*", re.ASCII)
_SPAN: Final = re.compile(rf"(?:{_NUMBER})|(?:{_PART.pattern})+", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS: Final = -62_135_596_800_000
_LAST_MS: Final = 253_402_300_799_999
"""The years 1 to 9999 of UTC: no ``datetime`` shows what is beyond."""
_MILLISECOND: Final = timedelta(milliseconds=1)
_EXPECTED: Final = (
    "give seconds, or a span such as 500ms, 15s, 2m, 1h30m, 7d: 0 or more and at most 100 years"
)


def seconds(value: Span, option: str = "duration") -> float:
    """The span in seconds.

    ``option`` is what the user calls it, for the message. Raises ``InvalidOption`` for all that is
    no span.
    """
    number = _number(value)
    if not 0 <= number <= LONGEST:
        raise InvalidOption(option, value, _EXPECTED)
    return float(number)


def milliseconds(value: Span, option: str = "duration") -> int:
    """The span in whole milliseconds, rounded up, so that what waits for it is never early.

    Raises ``InvalidOption`` for all that is no span.
    """
    # What is below a microsecond is the noise of binary fractions: 1.1 s is 1,100 ms, not 1,101.
    return math.ceil(round(seconds(value, option) * 1000, 3))


def instant(value: datetime, option: str = "at") -> int:
    """The point in time as milliseconds since 1970 UTC, rounded up; it may lie in the past.

    Raises ``InvalidOption`` for anything but a ``datetime`` that knows its time zone, and for one
    that no UTC clock shows.
    """
    if not isinstance(value, datetime):
        raise InvalidOption(option, value, "give a datetime with a time zone")
    if value.utcoffset() is None:
        raise InvalidOption(
            option,
            value,
            "it has no time zone, so it means another moment on every host: "
            "use datetime.now(UTC) + ..., or add tzinfo=ZoneInfo(...)",
        )
    found = -((_EPOCH - value) // _MILLISECOND)
    if not _FIRST_MS <= found <= _LAST_MS:
        raise InvalidOption(option, value, "give a moment in the years 1 to 9999 of UTC")
    return found


def iso(ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, with milliseconds where there are any."""
    moment = _EPOCH + ms * _MILLISECOND
    text = moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    return text.replace("+00:00", "Z")


def _number(value: object) -> float:
    """The seconds that a value means; NaN where it means none."""
    if isinstance(value, str):
        return _parsed(value.strip())
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return math.nan


def _parsed(text: str) -> float:
    """The seconds that a text means; NaN where it means none."""
    if not _SPAN.fullmatch(text):
        return math.nan
    parts = _PART.findall(text)
    if not parts:
        return float(text)
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in parts)
