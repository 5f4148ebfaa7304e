"""The protocol keeps its rules whatever happens, in whatever order.

Everything that a client may say comes in random order, late, twice or without a reply, from workers
of several kinds that die, under a clock that jumps. After every command the reply and the whole
pool are held against a model of the rules (`model`), and against what must hold by itself
(`invariants`); at the end workers that do only what they are woken for finish every task (`drain`).
What happens is drawn by seeds, which `test_planted_bugs` needs, and by Hypothesis, which makes a
play that fails as simple as it can.
"""

from __future__ import annotations

import pytest

from tests.protocol import budget, machine
from tests.support.servers import Server


@pytest.mark.timeout(budget.SECONDS)
@pytest.mark.parametrize("seed", budget.SEEDS)
def test_the_protocol_keeps_its_rules_whatever_happens(
    server: Server, namespace: str, seed: int
) -> None:
    machine.run(server.client(), namespace, seed)


@pytest.mark.timeout(budget.SECONDS)
def test_hypothesis_finds_no_play_that_breaks_the_rules(server: Server, namespace: str) -> None:
    machine.search(server.client(), namespace)


@pytest.mark.timeout(budget.SECONDS)
def test_calls_that_give_up_early_only_cost_more_calls(server: Server, namespace: str) -> None:
    machine.run_with_small_steps(server.client(), namespace, budget.SEEDS[0])
