"""What becomes of a worker whose startup hook fails: at first it ends, later it tries on."""

import os
import signal

from skedulr import Skedulr
from tests.acceptance import shop
from tests.acceptance.conftest import StartWorker, Trace, processes_of
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
