"""The places in a coordinator at which a test kills it, each between two steps that must not need
each other.

Nothing but the environment that the process is started with arms one: ``SKEDULR_FAULT`` holds the
name of a point, or ``name:3`` for the third time that it is reached.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "SKEDULR_FAULT"

POINTS: Final = {
    "record.told": "the coordinator has said that it lives, and done nothing since",
    "schedules.due": "schedules were read whose slots are due, and none of them has taken a step",
    "schedules.fired": "schedules have taken a step, and no more than that is done",
    "schedules.forgotten": "one that has run for the last time left the registry, not its pool",
    "sweep.done": "all pools were swept once more",
    "orphans.done": "what was waited for too long is given up",
    "triggers.read": "events were read, and nothing was done of what they ask for",
    "triggers.linked": "children are entered with their parents, and not told of those that ended",
    "triggers.told": "children are told how parents ended, their workflows not how nodes stand",
    "triggers.marked": "all that events ask for is done, and they are still there",
    "triggers.settled": "events are carried out and removed",
}
"""Every point, with what has happened by then and what has not."""


def _armed(text: str) -> tuple[str, int]:
    """The point that the environment names, and how often it is to be reached."""
    name, _, times = text.partition(":")
    if name and (name not in POINTS or not (times or "1").isdecimal()):
        raise ValueError(f"{VARIABLE} is {text!r}; give one of {', '.join(POINTS)}")
    return name, int(times or 1)


_point, _times = _armed(os.environ.get(VARIABLE, ""))


def reached(name: str) -> None:
    """Say that a point is reached: the process is killed if it was started to be killed here."""
    global _times
    if name not in POINTS:
        raise ValueError(f"{name!r} is no fault point; add it to POINTS")
    if name == _point:
        _times -= 1
        if _times <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
