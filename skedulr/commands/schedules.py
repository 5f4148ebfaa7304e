"""What is said of schedules: store, remove, pause, run now, and fire the slots that are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from skedulr.commands.base import Command, listed_keys, packed, text
from skedulr.keys import PoolKeys

MOST_SCHEDULES = 100
"""Schedules that one call takes at most."""


class Declaration(NamedTuple):
    """A schedule as it is stored, in the names of the wire."""

    name: str
    source: str
    """``code`` where workers declare it, ``user`` where somebody made it at run time."""
    digest: str
    """Differs where anything of the schedule does."""
    timing: bytes
    """Packed: when it runs; only coordinators read it."""
    policy: bytes
    """Packed: what becomes of missed slots, and the jitter; only coordinators read it."""
    overlap: str
    """``allow`` or ``skip``."""
    job: str
    priority: int
    key: str
    group: str
    expires_in: int
    ttl: int
    body: bytes


class Scheduled(NamedTuple):
    """What became of a declaration."""

    outcome: str
    """``stored``, ``same``, ``older``, ``moves`` or ``code``."""
    revision: int
    carried: bytes = b""
    """Of one that moves: where it stands, for the pool that it goes to."""


class Firing(NamedTuple):
    """A step of one schedule, from the slot that the sender saw."""

    name: str
    revision: int
    stored: int
    """The slot that is stored (ms); 0 where none is planned yet."""
    run: int
    """The slot that runs, 0 for none."""
    due_at: int
    """When its task is due: the slot with its jitter."""
    next: int
    """The slot that follows, 0 for none."""
    missed: int = 0
    """The last slot that is passed over, 0 for none."""
    alone: int = 0
    """1: it does not run while a former run lives, whatever the schedule says."""
    outlook: bytes = b""
    """Packed, for people: its times in words, and the slots after the next."""
    problem: str = ""
    """Why no slot can be planned."""


def schedule(
    keys: PoolKeys,
    declarations: Sequence[Declaration],
    *,
    elsewhere: bool = False,
    carried: Mapping[str, bytes] | None = None,
) -> Command[list[Scheduled]]:
    """Store up to ``MOST_SCHEDULES`` schedules of one pool; with ``elsewhere``, ask only whether
    they may leave this pool for another; ``carried`` is what that pool gave along, by name.
    """
    luggage = carried or {}
    args = [
        packed(
            {
                **each._asdict(),
                "elsewhere": int(elsewhere),
                **({"carried": luggage[each.name]} if luggage.get(each.name) else {}),
            }
        )
        for each in declarations
    ]
    return Command("schedule", listed_keys("schedule", keys), args, _scheduled)


def _scheduled(reply: list[Any]) -> list[Scheduled]:
    return [Scheduled(text(outcome), *rest) for outcome, *rest in reply]


def unschedule(
    keys: PoolKeys, name: str, revision: int = 0, *, moving: bool = False, slot: int = -1
) -> Command[str]:
    """Remove a schedule that still has this revision (0: whatever it has) and this slot (-1:
    whatever it has).

    Answers ``removed``, ``missing``, ``changed`` or ``code`` (declared by code that runs).
    """
    args = (name, revision, int(moving), slot)
    return Command("unschedule", listed_keys("unschedule", keys), args, text)


def pause_schedule(keys: PoolKeys, name: str, *, stop: bool) -> Command[str]:
    """Stop a schedule or let it go on; answers ``paused``, ``active``, ``finished`` or
    ``missing``.
    """
    args = (name, int(stop))
    return Command("pause_schedule", listed_keys("pause_schedule", keys), args, text)


def fire(keys: PoolKeys, firings: Sequence[Firing]) -> Command[list[str]]:
    """Take a step in up to ``MOST_SCHEDULES`` schedules of one pool; answers an outcome for each:
    ``fired``, ``planned``, ``overlap``, ``duplicate``, ``full``, ``already``, ``changed``,
    ``early``, ``paused`` or ``missing``.
    """
    args = [packed(each._asdict()) for each in firings]
    return Command(
        "fire", listed_keys("fire", keys), args, lambda reply: [text(each) for each in reply]
    )


def run_now(keys: PoolKeys, name: str, task_id: str) -> Command[tuple[str, str]]:
    """Run what a schedule runs, under a new id; answers ``fired``, ``missing``, ``full`` or
    ``duplicate``, and what explains it.
    """

    def parse(reply: list[Any]) -> tuple[str, str]:
        outcome, detail = reply
        return text(outcome), text(detail) if isinstance(detail, bytes) else str(detail)

    return Command("run_now", listed_keys("run_now", keys), (name, task_id), parse)
