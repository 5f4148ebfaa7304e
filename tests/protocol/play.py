"""A run of a machine: events by their names, each with a chance that decides all that it does.

So a run is the same whatever else this process has loaded, and any part of it is a run as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Final, NamedTuple, TypeAlias

RARE = 0.1
"""How often an event is drawn without regard to how frequent it is."""

BYTES: Final = 32
"""Of the number that decides an event: they answer all that most events ask."""

THE_END: Final = ""
"""Is drawn like an event, and rarely: it is the first, so that a play is rather made shorter."""


class Step(NamedTuple):
    """Something that happens, once: then its chance is used up."""

    event: str
    chance: Random


Play: TypeAlias = "Iterable[Step]"


class Chance(Random):
    """Chance that a number has decided: its bits answer one after the other, then 0 for ever.

    With 0 the first of all choices is taken, and nothing happens that only may: the smaller the
    number, the simpler the event.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._number = self._left = number

    def __repr__(self) -> str:
        return f"Chance({self._number})"

    def getrandbits(self, count: int) -> int:
        self._left, bits = divmod(self._left, 1 << count)
        return bits

    def random(self) -> float:
        return 1 - (1 + self.getrandbits(7)) / 128


def drawn(chance: Random, weights: Mapping[str, int], length: int) -> list[Step]:
    """So many events, the frequent ones more often."""
    names = chance.choices([*weights], [*weights.values()], k=length)
    return [
        Step(
            chance.choice([*weights]) if chance.random() < RARE else name,
            Random(chance.getrandbits(32)),
        )
        for name in names
    ]


def unfolding(chance: Random, weights: Mapping[str, int]) -> Iterator[Step]:
    """Events drawn one by one, the frequent ones more often, until the end is drawn."""
    names = [name for name, weight in weights.items() for _ in range(weight)]
    while event := chance.choice([THE_END, *names]):
        yield Step(event, Chance(int.from_bytes(chance.randbytes(BYTES), "big")))
