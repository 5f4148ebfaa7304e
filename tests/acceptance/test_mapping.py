"""A large mapping goes on when those who carry it out are killed in the middle of it."""

import os
import signal
from collections import Counter
from contextlib import suppress

from skedulr import FlowState, Skedulr, State
from tests.acceptance import shop
from tests.acceptance.conftest import StartCoordinator, StartWorker, Trace, processes_of
from tests.support.waiting import wait_until

PATIENCE = 120.0
ITEMS = 3000


def test_a_worker_and_a_coordinator_are_killed_in_the_middle_and_no_item_is_lost(
    app: Skedulr, start_worker: StartWorker, start_coordinator: StartCoordinator, trace: Trace
) -> None:
    note = app.jobs[shop.note.name]
    killed = start_worker("--pool", "default=20")
    coordinator = start_coordinator()
    with app.workflow("large") as flow:
        flow.map(note.using(id="parts"), list(range(ITEMS)))
        gathered = flow.add(note.s("gathered"), on_success="parts")
    spreading = app.task("default/parts.map")
    wait_until(lambda: spreading.status() is not State.QUEUED, PATIENCE, "the mapping's start")
    processes = processes_of(killed)
    killed.kill()
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    start_worker("--pool", "default=20")
    wait_until(lambda: len(trace.labels("begin")) > ITEMS // 3, PATIENCE, "some of the items")
    coordinator.kill()
    start_coordinator()

    gathered.task.result(timeout=PATIENCE)

    begun = Counter(trace.labels("begin"))
    assert set(begun) == {*map(str, range(ITEMS)), "gathered"}
    assert begun["gathered"] == 1
    assert len(app.task("default/parts").result(timeout=1)) == ITEMS
    wait_until(lambda: flow.status() is FlowState.SUCCEEDED, PATIENCE, "the workflow's end")
    assert flow.summary().counts["succeeded"] == ITEMS + 3
