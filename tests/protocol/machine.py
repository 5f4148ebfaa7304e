"""The machine: every command in random order, with everything that a network and a clock can do."""

from __future__ import annotations

from random import Random
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.protocol import drawing
from tests.protocol.drain import drain
from tests.protocol.drawing import ARRIVES
from tests.protocol.events import EVENTS, Event, World, mixed
from tests.protocol.runner import Runner

seeds = st.integers(0, 2**32 - 1)


class ProtocolMachine(RuleBasedStateMachine):
    """Drives one pool; the bench checks every command, and the end must be a good one.

    Hypothesis chooses the events and a number for each; who does what follows by chance from that
    number and from how many events there were, since Hypothesis likes to repeat numbers.
    """

    runner: ClassVar[Runner]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.runner)
        self._happened = 0

    @initialize()
    def a_first_worker_joins(self) -> None:
        self.world.crew.join(drawing.ALL, 5000, {}, ARRIVES)

    @rule(name=st.sampled_from(sorted(EVENTS)), seed=seeds)
    def it_happens(self, name: str, seed: int) -> None:
        self._happen(EVENTS[name], seed)

    @rule(length=st.integers(8, 20), seed=seeds)
    def much_happens(self, length: int, seed: int) -> None:
        for event in mixed(Random(f"{seed} {self._happened}"), length):
            self._happen(event, seed)

    def _happen(self, event: Event, seed: int) -> None:
        self._happened += 1
        event(self.world, Random(f"{seed} {self._happened}"))

    def teardown(self) -> None:
        try:
            if self.world.bench.is_sound:
                drain(self.world.bench)
        finally:
            self.world.bench.close()
