"""Spans and moments in the words of people."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from skedulr.errors import InvalidOption

EXAMPLE: Final = "2026-12-24T18:00+01:00"
"""A moment as it is given."""

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"))


def span(ms: int) -> str:
    """How long: ``850 ms``, ``1.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``, ``6 d 4 h``."""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 10_000:
        return f"{ms / 1000:.1f} s"
    for index, (size, name) in enumerate(_UNITS):
        if ms >= size:
            whole, rest = divmod(ms, size)
            finer = _UNITS[index + 1 : index + 2]
            part = [f"{rest // size} {name}" for size, name in finer if rest >= size]
            return " ".join([f"{whole} {name}", *part])
    raise AssertionError("unreachable: it is a second at least")


def since(ms: int, now_ms: int) -> str:
    """When, seen from now: ``12 s ago``, ``in 3 min``, ``now``; nothing for 0, which means never.

    Coarser than ``span``: one unit, so that a column of them can be read at a glance.
    """
    if not ms:
        return ""
    distance = abs(now_ms - ms)
    if distance < 1000:
        return "now"
    size, name = next(unit for unit in _UNITS if distance >= unit[0])
    text = f"{distance // size} {name}"
    return f"in {text}" if ms > now_ms else f"{text} ago"


def moment(option: str, text: str) -> datetime:
    """The moment that a text says; raises ``InvalidOption`` where it names no time zone, too."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidOption(option, text, f"give a time such as {EXAMPLE}") from None
    if found.tzinfo is None:
        raise InvalidOption(option, text, "say in which time zone: add +01:00, or Z for UTC")
    return found
