"""What becomes of a schedule whose slot is due: which slots run, and which are passed over."""

from __future__ import annotations

from typing import Final, NamedTuple

from skedulr.schedules.timing import Policy
from skedulr_coordinator.slots import Slots, newest

GRACE_MS: Final = 5_000
"""A slot that is late by no more runs, though others have come since: that absorbs a stall."""

LAST_GRACE_MS: Final = 60_000
"""The last slot runs as if in time when it is late by no more: that absorbs a restart."""

MOST_STEPS: Final = 100


class Step(NamedTuple):
    """A step from the slot that is stored; all are ms since 1970, 0 for none."""

    run: int
    missed: int
    """The last slot that is passed over."""
    next: int


def steps(slots: Slots, stored: int, now: int, policy: Policy) -> list[Step]:
    """The steps that bring a schedule from a slot that is due to one that is not, in their order;
    at most ``MOST_STEPS``, after which it may still be due.
    """
    runs = _runs(slots, stored, now, policy)[:MOST_STEPS]
    if not runs:
        (last,) = newest(slots, 1, stored, now)
        return [Step(0, last, slots.after(last))]
    follow = [*runs[1:], slots.after(runs[-1])]
    passed = newest(slots, 1, stored, runs[0] - 1) if runs[0] > stored else [0]
    first = Step(runs[0], passed[0], follow[0])
    return [first, *(Step(run, 0, then) for run, then in zip(runs[1:], follow[1:], strict=True))]


def _runs(slots: Slots, stored: int, now: int, policy: Policy) -> list[int]:
    """The due slots that run."""
    if policy.catch_up == "all":
        return newest(slots, policy.most, stored, now)
    in_time = _in_time(slots, stored, now)
    if in_time:
        return in_time
    last = newest(slots, 1, stored, now)
    return last if policy.catch_up == "latest" or now - last[0] <= LAST_GRACE_MS else []


def _in_time(slots: Slots, stored: int, now: int) -> list[int]:
    begin = now - GRACE_MS
    slot = stored if stored >= begin else slots.after(begin - 1)
    found: list[int] = []
    while 0 < slot <= now and len(found) < MOST_STEPS:
        found.append(slot)
        slot = slots.after(slot)
    return found
