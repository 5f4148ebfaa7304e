"""A coordinator is killed at each point where that could hurt, under load: every child runs once,
and every slot of a schedule fires once.
"""

import itertools
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from skedulr import Skedulr, State
from skedulr.task import Task
from skedulr_coordinator.faults import POINTS, VARIABLE
from tests.acceptance.conftest import StartCoordinator, StartWorker, Trace
from tests.support.waiting import wait_until

PATIENCE = 60.0
"""Seconds in which a point must be reached: each of them should be within the first few."""

EVERY_MS = 1000


class Load:
    """Parents and children that are submitted as long as it is asked for, and two schedules."""

    def __init__(self, app: Skedulr) -> None:
        self._app = app
        self._numbers = itertools.count()
        self.children: list[Task[object]] = []
        self._is_old = False
        app.schedule("pulse", app.call("tick"), every=1, catch_up="all")
        soon = datetime.now(UTC) + timedelta(seconds=2)
        app.schedule("once", app.call("tick"), at=soon, catch_up="latest")

    def add(self) -> None:
        """Submit a parent in one pool with a child in another, and a workflow of three."""
        number = next(self._numbers)
        parent = self._app.enqueue("note", args=[f"parent-{number}"])
        child = self._app.enqueue("note", args=[f"child-{number}"], pool="other", on_success=parent)
        with self._app.workflow(f"flow-{number}") as flow:
            first = flow.add(self._app.call("note", [f"first-{number}"]))
            second = flow.add(self._app.call("note", [f"second-{number}"], pool="other"))
            join = flow.add(self._app.call("note", [f"join-{number}"]), on_success=[first, second])
        self.children += [child, join.task]
        self._grow_old()

    def _grow_old(self) -> None:
        """Let a week pass for the schedule that has run for the last time."""
        if not self._is_old and self._app.schedules.get("once").state == "finished":
            self._is_old = True
            self._app.client.ask(("ZADD", self._app.keys("default").slots, 0, "once"))

    def has_ended(self) -> bool:
        """Whether every child has succeeded."""
        while self.children and self.children[0].status() is State.SUCCEEDED:
            self.children.pop(0)
        return not self.children


@pytest.mark.parametrize("point", sorted(POINTS))
def test_no_child_and_no_slot_is_lost_or_doubled_by_a_kill_at(
    point: str,
    app: Skedulr,
    start_worker: StartWorker,
    start_coordinator: StartCoordinator,
    trace: Trace,
) -> None:
    start_worker("--pool", "default=20", "--pool", "other=20")
    load = Load(app)
    killed = start_coordinator(**{VARIABLE: f"{point}:2" if point in OFTEN else point})
    deadline = time.monotonic() + PATIENCE
    while killed.is_running and time.monotonic() < deadline:
        load.add()
        time.sleep(0.05)
    assert not killed.is_running, f"{point} was not reached under load"
    assert killed.wait() == -signal.SIGKILL, killed.output

    start_coordinator()
    for _ in range(5):
        load.add()
    wait_until(load.has_ended, PATIENCE, "the end of every child")
    slot = wait_until(partial(last_slot, app), PATIENCE, "a slot")
    wait_until(lambda: last_slot(app) >= slot + 2 * EVERY_MS, PATIENCE, "more slots")
    app.schedules.pause("pulse")
    app.enqueue("note", args=["the-end"]).result(timeout=PATIENCE)

    runs = [run for run in app.schedules.get("pulse").runs if run.outcome == "fired"]
    wait_until(
        lambda: {run.task for run in runs} <= set(trace.labels("begin")), PATIENCE, "every run"
    )
    begins = Counter(trace.labels("begin"))
    assert [label for label, times in begins.items() if times > 1] == [], "ran twice"
    slots = sorted(run.slot_ms for run in runs)
    assert [later - slot for slot, later in itertools.pairwise(slots)] == [EVERY_MS] * (
        len(slots) - 1
    ), "every slot once, and none left out"
    assert sum(label.startswith("once@") for label in begins) == 1


def last_slot(app: Skedulr) -> int:
    """The latest slot that has come, 0 for none; to count them would end with those kept."""
    return max((run.slot_ms for run in app.schedules.get("pulse").runs), default=0)


OFTEN = ("record.told", "sweep.done")
"""Points that are reached at once after the start: killed at the second time, it has done more."""
