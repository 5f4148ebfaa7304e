"""What a sweep says: recover, promote, trim, repair."""

from __future__ import annotations

from typing import Any, NamedTuple

from skedulr.commands.base import Command, listed_keys, text
from skedulr.keys import PoolKeys


class Recovered(NamedTuple):
    """The reply of ``recover``."""

    more: bool
    instance: str
    """Whose lease was over; empty when none was."""
    tasks: int


def recover(keys: PoolKeys) -> Command[Recovered]:
    """Take back the tasks of one instance whose lease is over."""

    def parse(reply: list[Any]) -> Recovered:
        return Recovered(reply[0] == 1, text(reply[1]), reply[2])

    return Command("recover", listed_keys("recover", keys), (), parse)


def promote(keys: PoolKeys) -> Command[tuple[bool, int]]:
    """Move due tasks into the queue; answers whether more are due, and when the next one is
    (ms, 0: none).
    """
    return Command(
        "promote", listed_keys("promote", keys), (), lambda reply: (reply[0] == 1, reply[1])
    )


def trim(keys: PoolKeys, most: int = 100) -> Command[tuple[bool, int]]:
    """Forget up to ``most`` ended tasks of each kind; answers whether more could go, and how
    many went.
    """
    return Command(
        "trim", listed_keys("trim", keys), (most,), lambda reply: (reply[0] == 1, reply[1])
    )


def repair(keys: PoolKeys, cursor: str = "0") -> Command[tuple[str, int]]:
    """Check one page of running tasks; answers the next cursor (``0``: done) and how much was
    put right.
    """
    return Command(
        "repair", listed_keys("repair", keys), (cursor,), lambda reply: (text(reply[0]), reply[1])
    )
