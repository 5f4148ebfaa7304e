"""What a job can change of its process that would hurt those that come after it there."""

from __future__ import annotations

import os
import resource
import signal
from typing import Any, Final

_LIMITS: Final = tuple(
    getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")
)
_TIMERS: Final = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


def condition() -> tuple[Any, ...]:
    """The limits of this process, its users and groups, and whether timers of it will go off."""
    limits = tuple(resource.getrlimit(limit) for limit in _LIMITS)
    users = os.getuid(), os.geteuid(), os.getgid(), os.getegid()
    timers = tuple(signal.getitimer(timer)[0] > 0 for timer in _TIMERS)
    return limits, users, timers
