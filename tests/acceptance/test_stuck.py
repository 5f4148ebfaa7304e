"""A suspect that does not stop when it is told to ends with the process that it has for itself."""

import os
import signal

import pytest

from skedulr import Skedulr, State, Task
from tests.acceptance.conftest import StartWorker, Trace, processes_of
from tests.support.processes import is_alive
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

FOR_EVER = 3600


@pytest.fixture
def worker(start_worker: StartWorker) -> Spawned:
    """A worker that waits for nobody for long."""
    return start_worker("--lease", "60s", "--overdue", "0.5s")


def begun(trace: Trace, label: str, times: int) -> int:
    """The process of a task that has begun so often."""

    def lines() -> list[int]:
        return [line.pid for line in trace.lines("begin") if line.label == label]

    wait_until(lambda: len(lines()) >= times, 20, f"run {times} of {label}")
    return lines()[-1]


def make_suspect(worker: Spawned, trace: Trace, label: str) -> int:
    """Have it lost twice in a row; answers the process in which it runs alone then."""
    for times in (1, 2):
        os.kill(begun(trace, label, times), signal.SIGKILL)
    alone = begun(trace, label, 3)
    wait_until(lambda: len(processes_of(worker)) == 2, what="a process for all others beside it")
    return alone


@pytest.mark.parametrize("job", ["labour", "stubborn", "block"])
def test_one_that_is_cancelled_is_cancelled_and_the_next_one_runs(
    app: Skedulr, worker: Spawned, trace: Trace, job: str
) -> None:
    task = app.enqueue(job, args=["deaf", FOR_EVER])
    alone = make_suspect(worker, trace, "deaf")
    assert not task.cancel(), "it is asked to stop"
    wait_until(lambda: task.status() is State.CANCELLED, 20, "its end")
    assert not is_alive(alone), "nothing of it runs any more"
    info = task.info()
    assert (info.crashes, info.attempts) == (0, []), "nobody is charged for a wish of the user"
    assert f"task {task.id} goes on after it was to stop" in worker.output
    next_one = app.enqueue("labour", args=["next", 0.5])
    for times in (1, 2):
        os.kill(begun(trace, "next", times), signal.SIGKILL)
    assert next_one.result(timeout=20) not in (0, alone)


def test_one_beyond_its_time_out_is_charged_with_a_crash_each_time(
    app: Skedulr, worker: Spawned, trace: Trace
) -> None:
    task = app.enqueue("labour", args=["deaf", FOR_EVER], timeout=3)
    neighbour = app.enqueue("labour", args=["beside", 0], delay=1)
    make_suspect(worker, trace, "deaf")
    wait_until(lambda: task.status() is State.DEAD, 60, "its end")
    info = task.info()
    assert (info.reason, info.crashes) == ("poison", 3)
    assert {(each.kind, each.cause) for each in info.attempts} == {("crash", "timeout")}
    assert "the task would not stop" in info.attempts[0].error
    assert neighbour.status() is State.SUCCEEDED


def test_one_that_stops_when_it_is_told_to_keeps_its_process(
    app: Skedulr, worker: Spawned, trace: Trace
) -> None:
    task: Task[bool] = app.enqueue("patience", args=["patient"])
    alone = make_suspect(worker, trace, "patient")
    task.cancel()
    wait_until(lambda: task.status().terminal, 20, "its end")
    assert "is killed" not in worker.output
    assert alone
