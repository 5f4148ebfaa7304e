"""What a worker holds stays its own, whatever its code does; what blocks for ever is ended."""

import signal
import time

from skedulr import Skedulr, State
from tests.acceptance.conftest import LEASE, StartWorker, Trace, processes_of
from tests.support.waiting import wait_until


def test_a_task_of_several_leases_runs_once(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    for name in ("one", "two"):
        start_worker("--id", name)
    tasks = [
        app.enqueue("work", args=["coroutine", 3 * LEASE]),
        app.enqueue("labour", args=["thread", 3 * LEASE]),
    ]
    for task in tasks:
        task.result(timeout=30)
    assert sorted(trace.labels("begin")) == ["coroutine", "thread"]
    assert {task.info().losses for task in tasks} == {0}


def test_a_job_that_blocks_its_event_loop_for_leases_keeps_its_task_and_its_neighbours(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker("--id", "one", "--pool", "default=2")
    neighbour = app.enqueue("work", args=["neighbour", 0.3])
    blocker = app.enqueue("block", args=["blocker", 3 * LEASE])
    wait_until(lambda: len(trace.lines("begin")) == 2, what="both tasks")
    start_worker("--id", "two", "--pool", "default=2")
    blocker.result(timeout=30)
    neighbour.result(timeout=30)
    assert sorted(trace.labels("begin")) == ["blocker", "neighbour"]


def test_a_task_that_blocks_its_process_beyond_its_time_out_costs_it_its_life(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker(SKEDULR_OVERDUE="0.5s")
    [first] = processes_of(worker)
    neighbour = app.enqueue("work", args=["neighbour", 3], timeout=0.2)
    blocker = app.enqueue("block", args=["blocker", 300], timeout=0.5)
    wait_until(lambda: blocker.status() is State.DEAD, 60, "the end of the blocker")
    info = blocker.info()
    assert (info.reason, info.crashes) == ("poison", 3), "each time it alone is charged"
    assert {(each.cause, each.signal) for each in info.attempts} == {("timeout", "SIGKILL")}
    assert "blocked it beyond its time-out" in info.attempts[0].error
    assert first not in processes_of(worker)
    assert (neighbour.info().crashes, neighbour.info().gate) == (0, "")


def test_a_task_without_a_time_out_may_block_its_process_as_long_as_it_likes_and_is_shown(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--pool", "default=2", SKEDULR_OVERDUE="0.1s")
    [first] = processes_of(worker)
    neighbour = app.enqueue("work", args=["neighbour", 0.1], timeout=20)
    blocker = app.enqueue("block", args=["blocker", 13])
    wait_until(
        lambda: (
            blocker.name
            in [child["blocked_by"] for report in app.workers() for child in report["children"]]
        ),
        30,
        "the name of the blocker in the report",
    )
    blocker.result(timeout=30)
    neighbour.result(timeout=20)
    assert processes_of(worker) == [first], "it was not killed"
    assert sorted(trace.labels("begin")) == ["blocker", "neighbour"]


def test_a_stubborn_coroutine_ends_as_timed_out_when_it_ends(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker()
    stubborn = app.enqueue("stubborn", args=["mule", 1.0], timeout=0.2)
    wait_until(lambda: stubborn.status() is State.FAILED, 10, "the end of the stubborn task")
    assert trace.labels("cancelled") == ["mule"]
    assert trace.labels("end") == ["mule"]
    assert [attempt.kind for attempt in stubborn.info().attempts] == ["timeout"]


def test_a_job_cannot_end_its_worker_by_system_exit(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    [first] = processes_of(worker)
    task = app.enqueue("leave", args=["exit"])
    wait_until(lambda: task.status() is State.FAILED, what="the end of the task")
    assert "SystemExit: 3" in task.info().attempts[0].error
    assert app.enqueue("note", args=["next"]).result(timeout=10) == first


def test_a_process_whose_supervisor_is_silent_for_a_lease_claims_nothing_until_it_is_back(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    long = app.enqueue("work", args=["long", 4 * LEASE + 3])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    worker.send(signal.SIGSTOP)
    time.sleep(1.5 * LEASE)
    task = app.enqueue("note", args=["new"])
    time.sleep(LEASE)
    assert task.status() is State.QUEUED
    worker.send(signal.SIGCONT)
    assert task.result(timeout=20) > 0
    assert long.result(timeout=30) > 0
    assert trace.labels("begin").count("long") == 1
