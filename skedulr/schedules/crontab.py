"""Cron expressions, checked where they are written: a producer has no cron library.

Five fields, as in ``man 5 crontab``: minute, hour, day of the month, month, weekday. Each is
``*``, a number, a name (``jan``, ``mon``), a range, any of these with a step (``*/5``), or a list
of them. Beside these: ``?`` for ``*`` in the days, ``l`` for the last day of the month, ``mon#2``
for the second Monday, ``l5`` for the last Friday; and ``@hourly``, ``@daily``, ``@midnight``,
``@weekly``, ``@monthly``, ``@yearly``, ``@annually``. Upper and lower case are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from skedulr.errors import InvalidOption

ALIASES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_WEEKDAYS: Final = "sun mon tue wed thu fri sat"
_LONGEST: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
"""Days of the months that have no 31; February in a leap year."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five: its name, its numbers, and the names that stand for some of them."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: str = ""
    """A pattern of what else may stand there."""


MINUTE: Final = Field("minute", 0, 59)
HOUR: Final = Field("hour", 0, 23)
DAY: Final = Field("day of the month", 1, 31, special=r"l|\?")
MONTH: Final = Field("month", 1, 12, tuple(_MONTHS.split()))
WEEKDAY: Final = Field("weekday", 0, 7, tuple(_WEEKDAYS.split()), special=r"\?|l[0-7]")
FIELDS: Final = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)

_ITEM: Final = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\w+))?")
_NTH: Final = re.compile(r"(\w+)#([1-5])")


def check(expression: object) -> str:
    """The expression in lower case with single blanks; raises ``InvalidOption`` that names the
    field which is wrong.
    """
    if not isinstance(expression, str):
        raise InvalidOption("cron", expression, 'give text such as "0 3 * * *"')
    text = " ".join(expression.lower().split())
    if text.startswith("@"):
        if text not in ALIASES:
            raise InvalidOption("cron", expression, f"known: {', '.join(ALIASES)}")
        return text
    parts = text.split(" ")
    if len(parts) != len(FIELDS):
        raise InvalidOption(
            "cron",
            expression,
            f"it has {len(parts)} fields instead of 5: minute, hour, day, month, weekday",
        )
    chosen = [_chosen(expression, field, part) for field, part in zip(FIELDS, parts, strict=True)]
    _check_that_it_comes(expression, chosen)
    return text


def _chosen(expression: str, field: Field, part: str) -> set[int] | None:
    """The numbers that a field chooses, ``None`` where they depend on the month."""
    found: set[int] | None = set()
    for item in part.split(","):
        numbers = _numbers(expression, field, item)
        found = None if found is None or numbers is None else found | numbers
    return found


def _numbers(expression: str, field: Field, item: str) -> set[int] | None:
    if field.special and re.fullmatch(field.special, item):
        return None
    nth = _NTH.fullmatch(item)
    if nth and field is WEEKDAY:
        _number(expression, field, nth[1])
        return None
    parts = _ITEM.fullmatch(item)
    if parts is None or (parts[1] == "*" and parts[2] is not None):
        raise _wrong(expression, field, f"{item!r} is neither a number, a range nor a list")
    low, high = _range(expression, field, parts[1], parts[2], stepped=parts[3] is not None)
    step = _step(expression, field, parts[3])
    return set(range(low, high + 1, step))


def _range(
    expression: str, field: Field, first: str, last: str | None, *, stepped: bool
) -> tuple[int, int]:
    if first == "*":
        return field.low, field.high
    low = _number(expression, field, first)
    if last is None:
        return low, field.high if stepped else low
    high = _number(expression, field, last)
    if high < low:
        raise _wrong(expression, field, f"the range {first}-{last} ends before it begins")
    return low, high


def _step(expression: str, field: Field, text: str | None) -> int:
    if text is None:
        return 1
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= field.high:
        raise _wrong(expression, field, f"the step {text!r} is not one from 1 to {field.high}")
    return int(text)


def _number(expression: str, field: Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.low
    if not text.isascii() or not text.isdecimal() or not field.low <= int(text) <= field.high:
        named = f" or {field.names[0]}-{field.names[-1]}" if field.names else ""
        raise _wrong(expression, field, f"{text!r} is not {field.low}-{field.high}{named}")
    return int(text)


def _check_that_it_comes(expression: str, chosen: list[set[int] | None]) -> None:
    """Refuse a day that none of the months has, such as February 30."""
    days, months, weekdays = chosen[2:]
    if days is None or months is None or weekdays is None or len(weekdays & set(range(7))) < 7:
        return
    longest = max(_LONGEST.get(month, 31) for month in months)
    if min(days) > longest:
        raise InvalidOption(
            "cron", expression, f"no such month has a day {min(days)}: it never runs"
        )


def _wrong(expression: str, field: Field, problem: str) -> InvalidOption:
    return InvalidOption("cron", expression, f"in the {field.name}, {problem}")
