"""How long the machine runs, and which runs: the same ones each time.

SKEDULR_HYPOTHESIS_EXAMPLES  runs for each seed, for nights; then a failure is also made shorter
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from redis import Redis

from tests.protocol.machine import ProtocolMachine
from tests.protocol.model import Reach
from tests.protocol.planting import SMALL_STEPS, Bug
from tests.protocol.runner import Runner

SEEDS: Final = (1, 2, 3)
RUNS: Final = 20
STEPS: Final = 25
CHOSEN_RUNS: Final = int(os.environ.get("SKEDULR_HYPOTHESIS_EXAMPLES") or RUNS)
SECONDS: Final = max(120, 4 * CHOSEN_RUNS)
"""What a test of that many runs may take at most, with a failure made shorter."""

_DAILY: Final = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    database=None,
    deadline=None,  # one step is dozens of commands, on a machine that others use too
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_NIGHTLY: Final = settings(_DAILY, max_examples=CHOSEN_RUNS, phases=[Phase.generate, Phase.shrink])
CHOSEN: Final = _NIGHTLY if CHOSEN_RUNS != RUNS else _DAILY
QUIET: Final = settings(_DAILY, verbosity=Verbosity.quiet)


def run(client: Redis, namespace: str, number: int) -> None:
    """Let the machine run with the scripts as they are; raises what it finds."""
    _run(Runner(client, namespace), number, CHOSEN)


def run_with(bug: Bug, client: Redis, namespace: str, number: int) -> None:
    """Let the machine run with a bug in the scripts; raises what it finds."""
    _run(Runner(client, namespace, bug), number, QUIET)


def run_with_small_steps(client: Redis, namespace: str, number: int) -> None:
    """Let the machine run with scripts that give up after a few tasks; raises what it finds."""
    reach = Reach(due_at_once=2, is_small=True)
    _run(Runner(client, namespace, SMALL_STEPS, reach), number, CHOSEN)


def _run(given: Runner, number: int, how: settings) -> None:
    class Machine(ProtocolMachine):
        runner = given

    run_state_machine_as_test(seed(number)(Machine), settings=how)
