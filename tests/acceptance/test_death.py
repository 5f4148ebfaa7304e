"""Whatever of a worker dies, its tasks run again, and nothing stays behind."""

import os
import signal

import psutil

from skedulr import Skedulr, State
from tests.acceptance.conftest import LEASE, StartWorker, Trace, processes_of
from tests.support.processes import is_alive
from tests.support.waiting import wait_until


def test_tasks_of_a_killed_process_run_again_at_once_and_it_is_replaced(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--lease", "60s")
    [first] = processes_of(worker)
    tasks = [app.enqueue("work", args=[label, 0.4]) for label in range(3)]
    wait_until(lambda: len(trace.lines("begin")) == 3, what="three running tasks")
    os.kill(first, signal.SIGKILL)
    for task in tasks:  # long before the lease is over
        assert task.result(timeout=15) != first
    infos = [task.info() for task in tasks]
    assert {info.attempt for info in infos} == {1}, "a crash of several charges none of them"
    assert {info.crashes for info in infos} == {0}
    assert app.enqueue("note", args=["after"]).result(timeout=10) != first
    assert first not in processes_of(worker)


def test_a_task_that_kills_its_process_is_dead_after_three_times_and_its_neighbours_are_not(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker("--pool", "default=5")
    poison = app.enqueue("murder", args=["poison"])
    neighbours = [app.enqueue("work", args=[label, 0.2]) for label in range(4)]
    assert {task.result(timeout=20) > 0 for task in neighbours} == {True}
    wait_until(lambda: poison.status() is State.DEAD, 20, "the end of the poison")
    info = poison.info()
    assert (info.reason, info.crashes) == ("poison", 3)
    assert [attempt.kind for attempt in info.attempts] == ["crash"] * 3
    assert "SIGKILL" in info.attempts[-1].error
    assert {task.info().crashes for task in neighbours} == {0}


def test_tasks_of_a_lost_host_run_elsewhere_once_the_lease_is_over(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    lost = start_worker("--id", "lost")
    task = app.enqueue("work", args=["survivor", 2 * LEASE])
    wait_until(lambda: trace.lines("begin"), what="the task on the first worker")
    other = start_worker("--id", "other")
    processes = [lost.pid, *processes_of(lost)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)  # so that none of them can do anything about another's end
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    assert task.result(timeout=30) in processes_of(other)
    begins = trace.lines("begin")
    assert len(begins) == 2
    assert begins[1].at - begins[0].at >= LEASE * 0.9
    assert task.info().losses == 0, "an acknowledged task is under no suspicion"


def test_no_process_outlives_a_killed_supervisor(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2")
    app.enqueue("block", args=["blocked", 60])
    wait_until(lambda: trace.lines("begin"), what="a process that reacts to nothing")
    children = processes_of(worker)
    assert len(children) == 2
    worker.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in children), 5, "the end of the children")


def test_a_worker_is_its_first_process_and_the_ones_that_were_wished_for(
    app: Skedulr, start_worker: StartWorker
) -> None:
    worker = start_worker("--processes", "3")
    app.enqueue("note", args=["x"]).result(timeout=10)
    children = wait_until(
        lambda: (found := processes_of(worker)) and len(found) == 3 and found,
        what="three processes",
    )
    assert isinstance(children, list)
    sessions = {os.getsid(pid) for pid in [worker.pid, *children]}
    assert sessions == {worker.pid}
    assert psutil.Process(worker.pid).num_threads() <= 2
