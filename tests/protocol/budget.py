"""How long the machines run, and which runs: the same ones each time.

SKEDULR_PROTOCOL_RUNS  runs for each seed, a third of those that Hypothesis draws, for nights
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis.strategies import randoms
from redis.exceptions import RedisError

from tests.protocol.play import Play, Step

SEEDS: Final = (1, 2, 3)
RUNS: Final = 20
CHOSEN_RUNS: Final = int(os.environ.get("SKEDULR_PROTOCOL_RUNS") or RUNS)
SECONDS: Final = max(900, 30 * CHOSEN_RUNS)
"""After which a test hangs: a limit for broken runs, and far from what any other takes."""

DRAWN: Final = settings(
    max_examples=3 * CHOSEN_RUNS,  # shorter ones than those of a seed
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],  # to explain a failure would trace every line
    suppress_health_check=[HealthCheck.too_slow],  # that tells of a busy machine
    report_multiple_bugs=False,
    print_blob=False,  # a play says it all
)


def repeat(
    seed: int,
    draw: Callable[[Random], Play],
    perform: Callable[[Play], None],
    runs: int = CHOSEN_RUNS,
) -> None:
    """Perform the runs of a seed; raises what the first bad one finds."""
    for run in range(runs):
        try:
            perform(draw(Random(f"{seed} {run}")))
        except (AssertionError, RedisError) as error:
            error.add_note(f"in run {run} of seed {seed}")
            raise


def search(unfolding: Callable[[Random], Play], perform: Callable[[Play], None]) -> None:
    """Let Hypothesis search for a play that fails; raises what the simplest one finds.

    Events are drawn one by one, so that none is left after the one that fails. The failure tells
    the play as ``perform`` takes it.
    """

    @DRAWN
    @given(chance=randoms(use_true_random=False))
    def keeps_the_rules(chance: Random) -> None:
        played: list[Step] = []
        try:
            perform(_noted(unfolding(chance), played))
        finally:
            note(f"play = {played}")

    keeps_the_rules()


def _noted(play: Play, played: list[Step]) -> Iterator[Step]:
    for step in play:
        played.append(step)
        yield step
