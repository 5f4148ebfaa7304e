"""All that `skedulr up` has started: tended while it runs, ended together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from skedulr.errors import SkedulrError

SHORT_LIFE: Final = 10.0
"""Seconds: what dies sooner than that has not recovered by being started again."""

MOST_SHORT_LIVES: Final = 3
LONGEST_PAUSE: Final = 8.0


class Hopeless(SkedulrError):  # noqa: N818 - it says what happened
    """A role cannot run, however often it is started."""


class Member(Protocol):
    """What can be tended."""

    name: str

    def start(self) -> None:
        """Start it, also after it has ended."""

    def is_running(self) -> bool:
        """Whether it runs."""

    def is_beyond_help(self) -> bool:
        """Whether it has ended for a reason that starting it again cannot mend."""

    def obituary(self) -> str:
        """How it ended."""


@dataclass
class _Life:
    began: float = 0.0
    short_lives: int = 0
    rebirth: float = field(default=0.0)
    """When it is to be started again, 0 while it runs."""


class Crew:
    """Starts members again when they die, and gives up on one that keeps dying."""

    def __init__(self, members: Sequence[Member], tell: Callable[[str], None]) -> None:
        self._lives = [(member, _Life()) for member in members]
        self._tell = tell

    def watch(self) -> None:
        """Begin: all of them have just been started."""
        for _, life in self._lives:
            life.began = time.monotonic()

    def tend(self) -> None:
        """Start again what has died; raises ``Hopeless``. To be called often."""
        now = time.monotonic()
        for member, life in self._lives:
            if life.rebirth:
                if now >= life.rebirth:
                    life.began, life.rebirth = now, 0.0
                    member.start()
            elif not member.is_running():
                self._bury(member, life, now)

    def _bury(self, member: Member, life: _Life, now: float) -> None:
        life.short_lives = life.short_lives + 1 if now - life.began < SHORT_LIFE else 1
        if member.is_beyond_help() or life.short_lives >= MOST_SHORT_LIVES:
            raise Hopeless(f"{member.obituary()}\nIt cannot run like this: repair the cause")
        pause = min(2.0 ** (life.short_lives - 1), LONGEST_PAUSE)
        life.rebirth = now + pause
        self._tell(f"{member.obituary()}\nIt is started again in {pause:g} s.")
