"""What others do between two steps of an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skedulr.commands import Command, Read, Step, Steps
from skedulr.commands.base import with_each
from skedulr.dependencies.triggers import carry_out, events_of
from skedulr.keys import PoolKeys


def meanwhile(steps: Steps[Any], act: Callable[[], Steps[Any]], after: str = "") -> Steps[Any]:
    """The same steps, and what ``act`` does behind each, or behind each call of one script."""

    def more(step: Step) -> Steps[Any] | None:
        is_due = not after or (isinstance(step, Command) and step.script == after)
        return act() if is_due else None

    return with_each(steps, more)


def tell(keys: PoolKeys) -> Steps[None]:
    """What coordinators do with all that lies in a pool's outbox."""
    outbox = Read((("XRANGE", keys.events, "-", "+"),), lambda replies: replies[0])
    yield from carry_out(keys, events_of((yield outbox)))
