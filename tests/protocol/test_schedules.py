"""Each slot of a schedule runs once, whatever happens, in whatever order.

Users, workers of several versions and two coordinators store, stop, move and fire schedules of one
pool, which is full now and then, under a clock that jumps; messages come late, twice, or bring no
reply. After every command the reply and the whole pool are held against a model (`timetable`) and
against what must hold by itself (`bench.check`). `planted` has the bugs that this must find.
"""

from __future__ import annotations

import pytest

from tests.protocol import budget
from tests.protocol.planting import Bug, scripts
from tests.protocol.schedules import machine
from tests.protocol.schedules.planted import BUGS
from tests.support.servers import Server


@pytest.mark.timeout(budget.SECONDS)
@pytest.mark.parametrize("seed", budget.SEEDS)
def test_schedules_keep_their_rules_whatever_happens(
    server: Server, namespace: str, seed: int
) -> None:
    machine.run(server.client(), namespace, seed)


@pytest.mark.timeout(budget.SECONDS)
def test_hypothesis_finds_no_play_that_breaks_the_rules(server: Server, namespace: str) -> None:
    machine.search(server.client(), namespace)


@pytest.mark.planted
@pytest.mark.timeout(budget.SECONDS)
@pytest.mark.parametrize("planted", BUGS, ids=lambda planted: planted.name)
def test_the_machine_finds_that(server: Server, namespace: str, planted: Bug) -> None:
    client = server.client()
    scripts(planted)  # one that does not fit any more must not be taken for one that was found
    for seed in budget.SEEDS:
        try:
            machine.run(client, namespace, seed, planted)
        except AssertionError:
            return
    pytest.fail(f"no run has shown that {planted.name}")
