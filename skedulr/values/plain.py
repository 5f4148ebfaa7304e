"""Any value of a task as plain JSON, and times as text."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from skedulr.values.extensions import Opaque


def jsonable(value: object) -> Any:
    """The value as JSON can hold it.

    Whole numbers stay exact; those of thousands of digits become hexadecimal text. Decimals and
    UUIDs become their text, dates and times ISO 8601, spans seconds, bytes ``{"base64": …}``, sets
    and tuples lists, NaN and infinities text, a value of a user's class ``{"class": …,
    "value": …}``. What is nested too deeply to be shown is said to be so.
    """
    try:
        return _plain(value)
    except RecursionError:
        return "(nested too deeply to be shown)"
    except ValueError:  # a number of thousands of digits in a set, which is sorted by its text
        return "(too large to be shown)"


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if value.bit_length() < _LONGEST_NUMBER else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {_key(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, set | frozenset):
        return [_plain(part) for part in sorted(value, key=repr)]
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    return repr(value)


def iso(ms: int) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC; nothing for 0, which means never."""
    if not ms:
        return None
    moment = datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_LONGEST_NUMBER: Final = 13_000
"""Bits: Python writes no longer numbers in decimals."""


def _key(key: object) -> str:
    plain = _plain(key)
    return plain if isinstance(plain, str) else json.dumps(plain)


_CONVERSIONS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...]] = (
    ((datetime, date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    ((Decimal, UUID), str),
    (bytes, lambda value: {"base64": base64.b64encode(value).decode()}),
    (Opaque, lambda value: {"class": value.path, "value": _plain(value.content)}),
)
