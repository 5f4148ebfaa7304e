"""When a schedule runs, in words for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cron_descriptor import ExpressionDescriptor, Options
from cron_descriptor.Exception import FormatError, MissingFieldError

from skedulr.durations import iso
from skedulr.schedules.crontab import ALIASES
from skedulr.schedules.schedule import ScheduleInfo
from skedulr.schedules.timing import Cron, Interval, Once, Timing

_OPTIONS: Final = Options(locale_code="en_US", use_24hour_time_format=True)
_UNITS: Final = (
    (604_800_000, "week"),
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1000, "second"),
)


def words(timing: Timing) -> str:
    """``Every day at 03:00 (Europe/Berlin)``, ``Every 10 seconds``, ``Once at …``."""
    match timing:
        case Once(at_ms):
            return f"Once at {iso(at_ms)}"
        case Interval(every_ms):
            return f"Every {_span(every_ms)}"
        case Cron(expression, timezone):
            return f"{_of_cron(expression)} ({timezone})"


def of_schedule(info: ScheduleInfo) -> str:
    """When a schedule runs, also where no coordinator has planned it yet; empty where a newer
    version made it.
    """
    match info.kind:
        case "once":
            return f"Once at {info.spec}"
        case "interval":
            return words(Interval(int(Decimal(info.spec) * 1000)))
        case "cron":
            return words(Cron(info.spec, info.timezone))
        case _:
            return info.words


def _of_cron(expression: str) -> str:
    fields = ALIASES.get(expression, expression)
    try:
        found: str = ExpressionDescriptor(fields.upper(), _OPTIONS).get_description()
    except (FormatError, MissingFieldError):
        return expression
    if found.startswith("At ") and fields.endswith("* * *"):
        return f"Every day {found[0].lower()}{found[1:]}"
    return found


def _span(ms: int) -> str:
    parts = []
    for size, name in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    if ms:
        parts.append(f"{ms} ms")
    return parts[0].removeprefix("1 ") if len(parts) == 1 else " ".join(parts)
