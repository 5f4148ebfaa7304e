"""A host is lost with all its processes: what it ran runs again as soon as its lease is over."""

import os
import signal
import time

from skedulr import Skedulr
from tests.acceptance.conftest import StartCoordinator, StartWorker, Trace, processes_of
from tests.support.standstill import Standstill
from tests.support.waiting import wait_until

LEASE_SECONDS = 5.0


def test_its_tasks_run_again_within_a_second_after_a_lease_of_5_seconds(
    app: Skedulr,
    start_worker: StartWorker,
    start_coordinator: StartCoordinator,
    trace: Trace,
) -> None:
    start_coordinator().wait_for_output("http://")
    lost = start_worker(
        *("--id", "lost", "--lease", "5s"),
        SKEDULR_RUNTIME_DIR=str(trace.folder / "another host"),
    )
    tasks = [app.enqueue("work", args=[f"t{n}", 1.0]) for n in range(3)]
    long = app.enqueue("work", args=["long", 3600])
    wait_until(lambda: len(trace.lines("begin")) >= 4, what="running tasks")
    for task in tasks:
        task.result(timeout=20)
    start_worker("--id", "other", "--lease", "5s")
    tree = [lost.pid, *processes_of(lost)]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)  # so that none of them tells of another's end
    for pid in tree:
        os.kill(pid, signal.SIGKILL)
    died = time.time()

    with Standstill() as machine:
        wait_until(lambda: trace.labels("begin").count("long") == 2, 30, "its second run")

    assert trace.lines("begin")[-1].at - died < LEASE_SECONDS + 1 + machine.seconds
    assert [trace.labels("begin").count(f"t{n}") for n in range(3)] == [1, 1, 1]
    assert long.info().losses == 1
    long.cancel()
