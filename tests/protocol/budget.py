"""How long the machines run, and which runs: the same ones each time.

SKEDULR_PROTOCOL_RUNS  runs for each seed, for nights; then a failure is also made shorter
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Final

from redis.exceptions import RedisError

from tests.protocol.play import Play, shortened

SEEDS: Final = (1, 2, 3)
RUNS: Final = 20
CHOSEN_RUNS: Final = int(os.environ.get("SKEDULR_PROTOCOL_RUNS") or RUNS)
SECONDS: Final = max(900, 30 * CHOSEN_RUNS)
"""After which a test hangs: a limit for broken runs, and far from what any other takes."""

FAILURES: Final = (AssertionError, RedisError)


def repeat(
    seed: int,
    draw: Callable[[Random], Play],
    perform: Callable[[Play], None],
    runs: int = CHOSEN_RUNS,
) -> None:
    """Perform the runs of a seed; raises what the first bad one finds."""
    for run in range(runs):
        play = draw(Random(f"{seed} {run}"))
        try:
            perform(play)
        except FAILURES as error:
            if runs > RUNS:
                perform(shortened(play, lambda part: _fails(perform, part)))
            error.add_note(f"in run {run} of seed {seed}")
            raise


def _fails(perform: Callable[[Play], None], play: Play) -> bool:
    try:
        perform(play)
    except FAILURES:
        return True
    return False
