"""A worker that is told to stop finishes what it can in time, and hands back the rest unharmed."""

import os
import signal
import time

from skedulr import Skedulr, State
from tests.acceptance.conftest import StartWorker, Trace, processes_of, running_until_told
from tests.support.waiting import wait_until


def test_sigterm_amid_a_hundred_tasks_finishes_the_short_and_hands_back_the_long_uncharged(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2", "--grace", "6s")
    go_on = trace.folder / "go-on"
    short = [app.enqueue("work_until", args=[f"short{label}", str(go_on)]) for label in range(50)]
    long = [app.enqueue("work", args=[f"long{label}", 60]) for label in range(50)]
    waiting = [app.enqueue("note", args=[f"waiting{label}"], priority=0) for label in range(20)]
    wait_until(lambda: len(trace.lines("begin")) >= 100, what="a hundred running tasks")
    worker.send(signal.SIGTERM)
    wait_until(lambda: states_of_processes(app) == {"stopping"}, what="word of it in all of them")
    go_on.touch()
    assert worker.wait(20) == 0
    assert {task.status() for task in short} == {State.SUCCEEDED}
    infos = [task.info() for task in long]
    assert {(info.state, info.attempt, info.crashes, info.losses) for info in infos} == {
        (State.QUEUED, 0, 0, 0)
    }
    assert {info.gate for info in infos} == {""}, "none of them is under suspicion"
    assert len(trace.lines("begin")) == 100, "nothing was claimed any more"
    assert {task.status() for task in waiting} == {State.QUEUED}
    assert worker.output.count("has stopped") == 2
    [pool] = app.pools.all()
    assert (pool.instances, pool.counts[State.RUNNING]) == (0, 0)
    assert app.workers() == []


def states_of_processes(app: Skedulr) -> set[str]:
    """What the worker tells of its processes."""
    return {child["state"] for report in app.workers() for child in report["children"]}


def test_a_second_signal_ends_the_worker_at_once_and_charges_nobody(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--grace", "60s")
    tasks = [app.enqueue("work", args=["coroutine", 60]), app.enqueue("labour", args=["deaf", 60])]
    wait_until(lambda: len(trace.lines("begin")) == 2, what="two running tasks")
    worker.send(signal.SIGTERM)
    worker.wait_for_output("a second signal")
    worker.send(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert {(task.info().state, task.info().attempt) for task in tasks} == {(State.QUEUED, 0)}


def test_ctrl_c_in_a_terminal_is_one_wish_to_stop(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2")
    task = app.enqueue("work", args=["last", 0.7])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    worker.press_ctrl_c()
    assert worker.wait(15) == 0
    assert task.status() is State.SUCCEEDED


def test_sigterm_to_the_whole_group_is_one_wish_to_stop(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    task = app.enqueue("work", args=["last", 0.7])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    os.killpg(worker.pid, signal.SIGTERM)
    assert worker.wait(15) == 0
    assert task.status() is State.SUCCEEDED


def test_a_thread_that_does_not_end_is_ended_with_its_process_and_only_then_given_back(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--grace", "0.2s")
    task = app.enqueue("labour", args=["deaf", 30])
    listening = app.enqueue("patience", args=["listening"])
    wait_until(lambda: len(trace.lines("begin")) == 2, what="two running tasks")
    worker.send(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert (task.info().state, task.info().attempt) == (State.QUEUED, 0)
    assert trace.labels("end") == ["listening"], "it saw current().cancelled"
    assert listening.status() is State.SUCCEEDED, "what ended in order counts"


def test_a_single_process_that_is_told_to_stop_finishes_and_is_replaced(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    [first] = processes_of(worker)
    task, go_on = running_until_told(app, trace)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: "stopping" in states_of_processes(app), what="word of it")
    go_on.touch()
    assert task.result(timeout=10) == first
    assert app.enqueue("note", args=["next"]).result(timeout=10) != first


def test_a_worker_without_redis_stops_as_well(start_worker: StartWorker) -> None:
    worker = start_worker(url="redis://127.0.0.1:1/0", ready=False)
    worker.wait_for_output("no work with Redis")
    worker.send(signal.SIGTERM)
    began = time.monotonic()
    assert worker.wait(15) == 0
    assert time.monotonic() - began < 10
