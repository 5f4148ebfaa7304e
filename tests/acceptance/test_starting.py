"""What becomes of a worker whose startup hook fails: at first it ends, later it tries on."""

import os
import signal
import time

from skedulr import Skedulr
from skedulr_worker.replacing import FIRST_WAIT, LONGEST_WAIT
from tests.acceptance import shop
from tests.acceptance.conftest import StartWorker, Trace, processes_of
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until


def test_a_worker_that_cannot_start_ends_and_says_why(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    (trace.folder / shop.NO_START).touch()
    worker = start_worker("--processes", "2", ready=False)
    assert worker.wait(30) == 1
    assert "RuntimeError: the shop is closed" in worker.output
    assert "a startup hook failed before it ever worked" in worker.output
    assert app.workers() == []
    assert list((trace.folder / "runtime").iterdir()) == []


def test_a_hook_that_fails_later_is_tried_again(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    task = app.enqueue("work", args=["one", 1.0])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    [first] = processes_of(worker)
    closed = trace.folder / shop.NO_START
    closed.touch()
    os.kill(first, signal.SIGKILL)
    worker.wait_for_output("the shop is closed")
    closed.unlink()
    assert task.result(timeout=30) != first
    assert worker.is_running


def test_processes_for_suspects_are_not_made_ever_again_while_their_hook_fails(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "1")
    task = app.enqueue("work", args=["one", 2.0])
    lose(trace, 1)
    wait_until(lambda: len(trace.lines("begin")) == 2, what="its second run")
    (trace.folder / shop.NO_START).touch()
    lose(trace, 2)  # it has to run alone from now on
    wait_until(lambda: failures(worker) >= 4, 30, "processes that cannot start")
    time.sleep(2)
    assert failures(worker) < 10, "one for suspects and one for all others, ever more seldom"
    (trace.folder / shop.NO_START).unlink()
    task.result(timeout=30)


def lose(trace: Trace, run: int) -> None:
    """Kill the process of a task amid its run of that number."""
    wait_until(lambda: len(trace.lines("begin")) == run, what="a running task")
    os.kill(trace.lines("begin")[-1].pid, signal.SIGKILL)


def failures(worker: Spawned) -> int:
    """How many of a worker's processes could not start."""
    return worker.output.count("RuntimeError: the shop is closed")


def test_a_hook_that_takes_its_process_down_is_one_that_fails(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    (trace.folder / shop.CRASH_AT_START).touch()
    worker = start_worker(ready=False)
    assert worker.wait(30) == 1
    assert "killed by SIGABRT" in worker.output
    assert "a startup hook failed before it ever worked" in worker.output


def test_processes_that_somebody_kills_are_replaced_at_once_however_often(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2")
    rounds = 6
    began = time.monotonic()
    for started in range(2, 2 * rounds + 2, 2):
        wait_until(lambda: worker.output.count("has started") == started, what="both of them")  # noqa: B023
        for pid in processes_of(worker):
            os.kill(pid, signal.SIGKILL)
    assert app.enqueue("note", args=["after"]).result(timeout=20) in processes_of(worker)
    ever_later = sum(min(FIRST_WAIT * 2**kills, LONGEST_WAIT) for kills in range(rounds))
    assert time.monotonic() - began < ever_later
