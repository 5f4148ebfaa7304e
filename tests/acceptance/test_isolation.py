"""Jobs with `isolation="process"` run like all others, and can be stopped like no others."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import Current, Skedulr, State, Task, TaskFailed
from tests.acceptance.conftest import StartWorker, Trace, processes_of
from tests.support.processes import is_alive
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

StartLab = Callable[..., Spawned]

PATIENT_OVERDUE = "30s"
"""For jobs that stop when they are told to: a busy machine may let them wait for their turn."""


@pytest.fixture
def start_lab(start_worker: StartWorker) -> StartLab:
    """Start a worker for the lab's jobs: two at once in processes of their own."""

    def start(*options: str, **more: Any) -> Spawned:
        more.setdefault("SKEDULR_JOB_PROCESSES", "2")
        more.setdefault("SKEDULR_OVERDUE", "0.5s")
        return start_worker(*options, target="tests.acceptance.lab:app", **more)

    return start


def ended(task: Task[Any], timeout: float = 20) -> State:
    """The final state, once it is there."""
    wait_until(lambda: task.status().terminal, timeout, f"the end of {task.name}")
    return task.status()


def begun(trace: Trace, many: int = 1) -> list[int]:
    """The processes of the jobs that have begun, once there are so many."""
    wait_until(lambda: len(trace.lines("begin")) >= many, what=f"{many} running jobs")
    return [line.pid for line in trace.lines("begin")]


# --- like all other jobs


def test_a_job_runs_in_a_process_of_its_own_and_sees_and_tells_what_any_job_does(
    app: Skedulr, start_lab: StartLab
) -> None:
    worker = start_lab()
    task = app.enqueue("told", meta={"who": "me"})
    told = task.result(timeout=15)
    info = task.info()
    assert told["pid"] != app.enqueue("note", args=["x"]).result(timeout=10)
    assert told["pid"] in processes_of(worker)
    assert told["public"] == [name for name in dir(Current) if not name.startswith("_")]
    assert told["up"], "startup hooks have run in its process"
    assert told["attempt"] == 1
    assert told["meta"] == {"who": "me"}
    assert 20 < told["remaining"] <= 30
    assert told["cancelled"] is False
    assert told["fence"] >= info.enqueued_ms
    assert info.progress is not None
    assert (info.progress.percent, info.progress.message) == (40, "half")
    [line] = info.log
    assert (line.message, line.facts["fact"]) == ("a line", 1)
    assert "object" in line.facts["odd"], "what cannot be packed goes as its repr"


def test_processes_are_used_again(app: Skedulr, start_lab: StartLab) -> None:
    start_lab()
    pids = {app.enqueue("told").result(timeout=15)["pid"] for _ in range(6)}
    assert len(pids) == 1


@pytest.mark.parametrize("name", ["leave_a_limit", "leave_a_timer"])
def test_what_a_job_leaves_in_its_process_hurts_no_other(
    app: Skedulr, start_lab: StartLab, name: str
) -> None:
    start_lab(SKEDULR_JOB_PROCESSES="1")
    spent = app.enqueue(name).result(timeout=20)
    task = app.enqueue("work", args=["innocent", 2])
    assert task.result(timeout=20) != spent
    assert (task.info().crashes, task.info().attempt) == (0, 1)


def test_so_many_run_at_once_as_there_may_be_processes(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab(SKEDULR_JOB_PROCESSES="2")
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("hold", args=[f"hold{n}", str(go_on)]) for n in range(2)]
    begun(trace, 2)
    tasks += [app.enqueue("work", args=[n, 0.3]) for n in range(4)]
    go_on.touch()
    assert len({task.result(timeout=15) for task in tasks}) == 2
    running = most = 0
    for line in trace.lines():
        running += 1 if line.word == "begin" else -1
        most = max(most, running)
    assert most == 2


def test_errors_retries_and_results_are_those_of_any_job(app: Skedulr, start_lab: StartLab) -> None:
    start_lab()
    names = ["hopeless", "again", "final", "unkeepable", "resign"]
    doomed, again, final, odd, leave = (app.enqueue(name) for name in names)
    assert again.result(timeout=15) == 2
    assert ended(doomed) is State.DEAD
    first, second = doomed.info().attempts
    assert (first.kind, second.kind) == ("exception", "exception")
    assert first.error == "OSError: it never works"
    assert "in hopeless" in first.traceback
    assert "job_process.py" not in first.traceback, "the worker's own frames help nobody"
    assert ended(final) is State.FAILED
    assert [each.kind for each in final.info().attempts] == ["fail"]
    assert ended(odd) is State.FAILED
    assert [each.kind for each in odd.info().attempts] == ["unserialisable"]
    assert ended(leave) is State.FAILED
    assert "SystemExit: 3" in leave.info().attempts[0].error
    assert {task.info().crashes for task in (doomed, again, final, odd, leave)} == {0}


def test_middleware_and_error_handlers_work_in_the_process(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab()
    assert app.enqueue("doubled", args=[21]).result(timeout=15) == 84
    lookup = app.enqueue("lookup")
    with pytest.raises(TaskFailed, match=r"middleware in \d+ saw KeyError"):
        lookup.result(timeout=15)
    [line] = trace.lines("ValueError")
    assert line.label == lookup.id


def test_hooks_run_once_in_every_process(app: Skedulr, start_lab: StartLab, trace: Trace) -> None:
    worker = start_lab()
    pid = app.enqueue("told").result(timeout=15)["pid"]
    worker.send(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert worker.output.count(f"process {pid} has started") == 1
    assert worker.output.count(f"process {pid} has stopped") == 1


# --- stopping


def test_a_job_that_takes_too_long_is_interrupted_and_can_clean_up(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    worker = start_lab(SKEDULR_OVERDUE=PATIENT_OVERDUE)
    task = app.enqueue("tidy", args=["slow"], timeout=2)
    assert ended(task) is State.FAILED
    assert trace.labels("timeout") == ["slow"]
    [attempt] = task.info().attempts
    assert (attempt.kind, attempt.error) == (
        "timeout",
        "TimeoutError: it took longer than 2 s",
    )
    [pid] = begun(trace)
    assert pid in processes_of(worker), "the process lives on"


@pytest.mark.parametrize("name", ["deaf", "frozen"])
def test_a_job_that_does_not_stop_is_killed_and_no_other_with_it(
    app: Skedulr, start_lab: StartLab, trace: Trace, name: str
) -> None:
    worker = start_lab(SKEDULR_JOB_PROCESSES="2")
    go_on = trace.folder / "go-on"
    neighbour = app.enqueue("hold", args=["neighbour", str(go_on)])
    task = app.enqueue(name, args=["mule"], timeout=2)
    begun(trace, 2)
    assert ended(task) is State.FAILED
    [attempt] = task.info().attempts
    assert (attempt.kind, attempt.cause, attempt.signal) == ("timeout", "timeout", "SIGKILL")
    assert task.info().crashes == 0, "a timeout is no crash"
    [line] = [line for line in trace.lines("begin") if line.label == "mule"]
    assert not is_alive(line.pid)
    go_on.touch()
    assert neighbour.result(timeout=15) in processes_of(worker)
    assert trace.labels("end") == ["neighbour"]


def test_hard_timeouts_do_not_wait_for_a_blocked_event_loop(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab()
    app.enqueue("work", args=["warm", 0]).result(timeout=15)
    task = app.enqueue("deaf", args=["mule"], timeout=2)
    begun(trace, 2)
    now, go_on = trace.folder, trace.folder / "go-on"
    app.enqueue("block_between", args=["blocker", str(now), str(go_on)])
    [_, pid, *_] = begun(trace, 3)
    wait_until(lambda: not is_alive(pid), 20, "the end of the deaf job")
    assert "blocker" not in trace.labels("end"), "the loop is still blocked"
    go_on.touch()
    assert ended(task) is State.FAILED
    assert [attempt.kind for attempt in task.info().attempts] == ["timeout"]


@pytest.mark.parametrize("name", ["tidy", "deaf", "frozen"])
def test_a_running_job_is_cancelled_whatever_it_does(
    app: Skedulr, start_lab: StartLab, trace: Trace, name: str
) -> None:
    start_lab(**({"SKEDULR_OVERDUE": PATIENT_OVERDUE} if name == "tidy" else {}))
    task = app.enqueue(name, args=["unwanted"])
    [pid] = begun(trace)
    task.cancel()
    assert ended(task) is State.CANCELLED
    assert trace.labels("cancelled") == (["unwanted"] if name == "tidy" else [])
    assert is_alive(pid) is (name == "tidy")


def test_sigterm_from_somebody_else_interrupts_no_job(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    worker = start_lab()
    task = app.enqueue("work", args=["calm", 1])
    [pid] = begun(trace)
    for process in processes_of(worker):
        if process != processes_of(worker)[0]:
            os.kill(process, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    assert task.result(timeout=15) == pid


# --- the end of a worker


def test_a_worker_that_is_told_to_stop_lets_jobs_finish_and_hands_back_the_rest(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    worker = start_lab("--grace", "4s", SKEDULR_OVERDUE=PATIENT_OVERDUE)
    short = app.enqueue("work", args=["short", 1])
    long = app.enqueue("tidy", args=["long"])
    begun(trace, 2)
    worker.send(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert short.status() is State.SUCCEEDED
    info = long.info()
    assert (info.state, info.attempt, info.crashes, info.gate) == (State.QUEUED, 0, 0, "")
    assert trace.labels("release") == ["long"]


def test_ctrl_c_in_a_terminal_lets_jobs_finish(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    worker = start_lab()
    task = app.enqueue("work", args=["last", 1])
    begun(trace)
    worker.press_ctrl_c()
    assert worker.wait(20) == 0
    assert task.status() is State.SUCCEEDED


@pytest.mark.parametrize("victim", ["supervisor", "worker process", "nursery"])
def test_no_process_of_a_job_outlives_those_that_it_depends_on(
    app: Skedulr, start_lab: StartLab, trace: Trace, victim: str
) -> None:
    worker = start_lab("--lease", "60s")
    tasks = [app.enqueue("swarm", args=["many", 2]), app.enqueue("deaf", args=["mule"])]
    wait_until(lambda: trace.lines("begin") and len(trace.lines()) == 2, what="both jobs")
    before = trace.lines()
    jobs = [line.pid for line in before]
    nursery = parent_of(jobs[0])
    [child] = {pid for pid in processes_of(worker) if parent_of(pid) == worker.pid} - {nursery}
    os.kill({"supervisor": worker.pid, "worker process": child, "nursery": nursery}[victim], 9)
    wait_until(lambda: not any(is_alive(pid) for pid in jobs), 10, "the end of both jobs")
    [swarm] = [line.word for line in before if "," in line.word]
    pids = [int(pid) for pid in swarm.split(",")]
    wait_until(lambda: not any(is_alive(pid) for pid in pids), 10, "the end of the swarm")
    if victim != "supervisor":  # long before the lease is over, and one after the other
        wait_until(lambda: len(trace.lines()) > 2, 20, "a job once more")
        assert {(task.info().attempt, task.info().crashes) for task in tasks} == {(0, 0)}


def test_a_nursery_that_hangs_is_seen(app: Skedulr, start_lab: StartLab, trace: Trace) -> None:
    start_lab("--lease", "60s")
    task = app.enqueue("deaf", args=["mule"])
    nursery = parent_of(begun(trace)[0])
    wait_until(lambda: beside_the_child(app) == {"working"}, 15, "a report of its loops")
    os.kill(nursery, signal.SIGSTOP)
    wait_until(lambda: beside_the_child(app) == {"working", "hanging"}, 30, "a loop that hangs")
    os.kill(nursery, signal.SIGCONT)
    wait_until(lambda: beside_the_child(app) == {"working"}, 15, "its return")
    task.cancel()


def beside_the_child(app: Skedulr) -> set[str]:
    """The states of what sees to the worker process: its sentinel and its nursery."""
    return {
        loop["state"]
        for report in app.workers()
        for child in report["children"]
        for loop in child["loops"]
        if loop["name"] in ("sentinel", "nursery")
    }


def parent_of(pid: int) -> int:
    """The parent of a process."""
    import psutil

    return psutil.Process(pid).ppid()
