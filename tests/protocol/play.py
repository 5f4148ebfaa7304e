"""A run of a machine: events by their names, each with a number that decides all that it does.

So a run is the same whatever else this process has loaded, and any part of it is a run as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

RARE = 0.1
"""How often an event is drawn without regard to how frequent it is."""


class Step(NamedTuple):
    """Something that happens."""

    event: str
    number: int


Play: TypeAlias = "Sequence[Step]"


def drawn(chance: Random, weights: Mapping[str, int], length: int) -> list[Step]:
    """So many events, the frequent ones more often."""
    names = chance.choices([*weights], [*weights.values()], k=length)
    return [
        Step(chance.choice([*weights]) if chance.random() < RARE else name, chance.getrandbits(32))
        for name in names
    ]


def shortened(play: Play, fails: Callable[[Play], bool]) -> Play:
    """The part of a play that is left when no piece of it can be taken away without its failure."""
    size = len(play) // 2
    while size:
        first = 0
        while first < len(play):
            rest = [*play[:first], *play[first + size :]]
            if fails(rest):
                play = rest
            else:
                first += size
        size //= 2
    return play
