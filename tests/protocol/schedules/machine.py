"""The machine, and how long it runs: the same runs each time."""

from __future__ import annotations

from random import Random
from typing import ClassVar, Final

from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from redis import Redis

from tests.protocol import budget
from tests.protocol.planting import Bug
from tests.protocol.runner import Runner
from tests.protocol.schedules.bench import Bench
from tests.protocol.schedules.town import Town, mixed

STEPS: Final = 8


class ScheduleMachine(RuleBasedStateMachine):
    """Drives the schedules of one pool; the bench checks every command."""

    runner: ClassVar[Runner]

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(Bench(self.runner))
        self._happened = 0

    @rule(length=st.integers(8, 20), number=st.integers(0, 2**32 - 1))
    def much_happens(self, length: int, number: int) -> None:
        for event in mixed(Random(f"{number} {self._happened}"), length):
            self._happened += 1
            event(self.town, Random(f"{number} {self._happened}"))

    def teardown(self) -> None:
        try:
            if self.town.bench.is_sound:
                self.town.come_to_rest()
        finally:
            self.town.bench.close()


def run(client: Redis, namespace: str, number: int, bug: Bug | None = None) -> None:
    """Let the machine run, with a bug in the scripts or as they are; raises what it finds."""

    class Machine(ScheduleMachine):
        runner = Runner(client, namespace, bug)

    how = settings(budget.QUIET if bug else budget.CHOSEN, stateful_step_count=STEPS)
    run_state_machine_as_test(seed(number)(Machine), settings=how)
