"""A terminal that closes is a wish to stop in order, unless whoever started the worker said no."""

import os
import signal
import sys
from pathlib import Path

import pytest

from skedulr import Skedulr, State
from tests.acceptance.conftest import StartWorker, Trace, processes_of, running_until_told
from tests.support import terminal
from tests.support.waiting import wait_until

OUTLIVING = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
"""What `nohup` does."""


def test_a_hang_up_of_all_processes_lets_tasks_finish(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2")
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("work_until", args=[label, str(go_on)]) for label in range(4)]
    wait_until(lambda: len(trace.lines("begin")) == 4, what="four running tasks")
    os.killpg(worker.pid, signal.SIGHUP)
    worker.wait_for_output("SIGTERM twice ends them now")
    os.killpg(worker.pid, signal.SIGHUP)  # a shell and the kernel may both send it
    worker.send(signal.SIGTERM)  # and a service manager this one beside it
    go_on.touch()
    assert worker.wait(20) == 0
    assert {task.status() for task in tasks} == {State.SUCCEEDED}
    assert "stops at once" not in worker.output
    assert app.workers() == []


def test_two_more_signals_after_a_hang_up_end_the_worker_at_once(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--grace", "60s")
    task = app.enqueue("labour", args=["deaf", 60])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    worker.send(signal.SIGHUP)
    worker.wait_for_output("SIGTERM twice")
    worker.send(signal.SIGINT)
    worker.send(signal.SIGTERM)
    assert worker.wait(15) == 0
    assert (task.info().state, task.info().attempt) == (State.QUEUED, 0)


def test_a_hang_up_of_a_single_process_changes_nothing(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker()
    [child] = processes_of(worker)
    task, go_on = running_until_told(app, trace)
    os.kill(child, signal.SIGHUP)
    go_on.touch()
    assert task.result(timeout=15) == child
    assert app.enqueue("note", args=["next"]).result(timeout=15) == child


@pytest.mark.parametrize("target", ["tests.acceptance.shop:app", "tests.acceptance.lab:app"])
def test_a_worker_that_was_started_to_outlive_the_terminal_does_not_hear_of_it(
    app: Skedulr, start_worker: StartWorker, trace: Trace, target: str
) -> None:
    worker = start_worker(target=target, through=OUTLIVING, SKEDULR_JOB_PROCESSES="1")
    task = app.enqueue("ignored_signals", pool="default")
    os.killpg(worker.pid, signal.SIGHUP)
    assert signal.SIGHUP in task.result(timeout=15), "nor do the programs that its jobs start"
    os.killpg(worker.pid, signal.SIGHUP)
    assert signal.SIGHUP in app.enqueue("ignored_signals").result(timeout=15)
    worker.send(signal.SIGTERM)
    assert worker.wait(15) == 0


@pytest.mark.parametrize("target", ["tests.acceptance.shop:app", "tests.acceptance.lab:app"])
def test_jobs_that_finish_after_the_terminal_has_closed_may_print(
    app: Skedulr, start_worker: StartWorker, trace: Trace, tmp_path: Path, target: str
) -> None:
    closed, go_on = tmp_path / "closed", tmp_path / "go-on"
    through = [sys.executable, terminal.__file__, str(closed)]
    in_terminal = start_worker(target=target, through=through, SKEDULR_JOB_PROCESSES="1")
    task = app.enqueue("print_after", args=[str(go_on)])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    closed.touch()
    wait_until(
        lambda: {"stopping"} == {c["state"] for w in app.workers() for c in w["children"]},
        what="word of it",
    )
    go_on.touch()
    assert in_terminal.wait(20) == 0
    assert task.status() is State.SUCCEEDED


def test_a_worker_that_reloads_takes_one_ctrl_c_for_one_wish(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--reload")
    task, go_on = running_until_told(app, trace)
    worker.press_ctrl_c()
    worker.wait_for_output("a second signal ends them now")
    go_on.touch()
    assert worker.wait(20) == 0
    assert task.status() is State.SUCCEEDED


def test_a_worker_that_reloads_ends_in_order_when_its_terminal_closes(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--reload")
    task, go_on = running_until_told(app, trace)
    os.killpg(worker.pid, signal.SIGHUP)
    worker.wait_for_output("tasks may go on")
    os.killpg(worker.pid, signal.SIGHUP)
    go_on.touch()
    assert worker.wait(20) == 0
    assert task.status() is State.SUCCEEDED
