"""The machine that drives the schedules of one pool; the bench checks every command."""

from __future__ import annotations

from random import Random
from typing import Final

from redis import Redis

from tests.protocol import budget, play
from tests.protocol.planting import Bug
from tests.protocol.play import Play
from tests.protocol.runner import Runner
from tests.protocol.schedules.bench import Bench
from tests.protocol.schedules.town import EVENTS, Town

SHORTEST: Final = 60
LONGEST: Final = 160

_BY_NAME: Final = {event.__name__: event for event in EVENTS}
_WEIGHTS: Final = {event.__name__: weight for event, weight in EVENTS.items()}


def run(client: Redis, namespace: str, seed: int, bug: Bug | None = None) -> None:
    """Let the machine run, with a bug in the scripts or as they are; raises what it finds."""
    runner = Runner(client, namespace, bug)
    runs = budget.RUNS if bug else budget.CHOSEN_RUNS
    budget.repeat(seed, _drawn, lambda events: perform(runner, events), runs)


def search(client: Redis, namespace: str, bug: Bug | None = None) -> None:
    """Let Hypothesis search for a play that fails; raises what the simplest one finds."""
    runner = Runner(client, namespace, bug)
    budget.search(
        lambda chance: play.unfolding(chance, _WEIGHTS), lambda events: perform(runner, events)
    )


def _drawn(chance: Random) -> Play:
    return play.drawn(chance, _WEIGHTS, chance.randint(SHORTEST, LONGEST))


def perform(runner: Runner, events: Play) -> None:
    """Perform a play, to a good end; raises what it finds."""
    town = Town(Bench(runner))
    try:
        for step in events:
            _BY_NAME[step.event](town, step.chance)
        town.come_to_rest()
    finally:
        town.bench.close()
