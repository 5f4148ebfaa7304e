"""The machine: every command in random order, with everything that a network and a clock can do.

It drives one pool. The bench checks every command, and the end must be a good one.
"""

from __future__ import annotations

from random import Random
from typing import Final

from redis import Redis

from tests.protocol import budget, drawing, play
from tests.protocol.drain import drain
from tests.protocol.drawing import ARRIVES
from tests.protocol.events import EVENTS, WEIGHTS, World
from tests.protocol.model import Reach
from tests.protocol.planting import SMALL_STEPS, Bug
from tests.protocol.play import Play
from tests.protocol.runner import Runner

SHORTEST: Final = 100
LONGEST: Final = 250

_WEIGHTS: Final = {event.__name__: weight for event, weight in WEIGHTS.items()}


def run(client: Redis, namespace: str, seed: int) -> None:
    """Let the machine run with the scripts as they are; raises what it finds."""
    _run(Runner(client, namespace), seed)


def run_with(bug: Bug, client: Redis, namespace: str, seed: int) -> None:
    """Let the machine run with a bug in the scripts; raises what it finds."""
    _run(Runner(client, namespace, bug), seed, budget.RUNS)


def run_with_small_steps(client: Redis, namespace: str, seed: int) -> None:
    """Let the machine run with scripts that give up after a few tasks; raises what it finds."""
    reach = Reach(due_at_once=2, is_small=True)
    _run(Runner(client, namespace, SMALL_STEPS, reach), seed)


def search(client: Redis, namespace: str, bug: Bug | None = None) -> None:
    """Let Hypothesis search for a play that fails; raises what the simplest one finds."""
    runner = Runner(client, namespace, bug)
    budget.search(
        lambda chance: play.unfolding(chance, _WEIGHTS), lambda events: perform(runner, events)
    )


def _run(runner: Runner, seed: int, runs: int = budget.CHOSEN_RUNS) -> None:
    budget.repeat(seed, _drawn, lambda events: perform(runner, events), runs)


def _drawn(chance: Random) -> Play:
    return play.drawn(chance, _WEIGHTS, chance.randint(SHORTEST, LONGEST))


def perform(runner: Runner, events: Play) -> None:
    """Perform a play, to a good end; raises what it finds."""
    world = World(runner)
    try:
        world.crew.join(drawing.ALL, 5000, {}, ARRIVES)
        for step in events:
            EVENTS[step.event](world, step.chance)
        drain(world.bench)
    finally:
        world.bench.close()
