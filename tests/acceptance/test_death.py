"""Whatever of a worker dies, its tasks run again, and nothing stays behind."""

import os
import re
import signal
import time
from pathlib import Path

import psutil

from skedulr import Skedulr, State
from tests.acceptance.conftest import LEASE, StartWorker, Trace, processes_of
from tests.support.processes import is_alive
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

LAB = "tests.acceptance.lab:app"


def test_tasks_of_a_killed_process_run_again_at_once_and_it_is_replaced(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--lease", "60s")
    [first] = processes_of(worker)
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("work_until", args=[label, str(go_on)]) for label in range(3)]
    wait_until(lambda: len(trace.lines("begin")) == 3, what="three running tasks")
    os.kill(first, signal.SIGKILL)
    go_on.touch()
    for task in tasks:  # long before the lease is over
        assert task.result(timeout=15) != first
    infos = [task.info() for task in tasks]
    assert {info.attempt for info in infos} == {1}, "a crash of several charges none of them"
    assert {info.crashes for info in infos} == {0}
    assert app.enqueue("note", args=["after"]).result(timeout=10) != first
    assert first not in processes_of(worker)


def test_a_kill_of_all_processes_charges_nobody_and_all_their_tasks_run_again_side_by_side(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--lease", "60s", "--processes", "2", "--pool", "default=5")
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("work_until", args=[label, str(go_on)]) for label in range(8)]
    wait_until_begun(trace, 8)
    for pid in processes_of(worker):
        os.kill(pid, signal.SIGKILL)
    wait_until_begun(trace, 16)
    go_on.touch()
    for task in tasks:
        task.result(timeout=20)
    assert len(trace.lines("begin")) == 16
    assert {(task.info().crashes, task.info().losses) for task in tasks} == {(0, 0)}


def wait_until_begun(trace: Trace, runs: int) -> None:
    wait_until(lambda: len(trace.lines("begin")) == runs, 20, f"{runs} runs that have begun")


def test_suspects_run_beside_each_other_each_alone_in_its_process(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--lease", "60s", "--processes", "2", "--pool", "default=5")
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("work_until", args=[label, str(go_on)]) for label in range(2)]
    for begun in (2, 4):
        wait_until_begun(trace, begun)
        for pid in processes_of(worker):
            os.kill(pid, signal.SIGKILL)
    wait_until_begun(trace, 6)
    go_on.touch()
    assert len({task.result(timeout=30) for task in tasks}) == 2, "not in one process"
    assert len(trace.lines("begin")) == 6
    assert {task.info().crashes for task in tasks} == {0}


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
    host = str(trace.folder / "another host")
    lost = start_worker("--id", "lost", target=LAB, SKEDULR_RUNTIME_DIR=host)
    go_on = trace.folder / "go-on"
    task = app.enqueue("block_between", args=["survivor", str(go_on), str(go_on)])
    wait_until(lambda: trace.lines("ready"), what="the task on the first worker")
    other = start_worker("--id", "other", target=LAB)
    processes = [lost.pid, *processes_of(lost)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)  # so that none of them can do anything about another's end
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    go_on.touch()
    task.result(timeout=30)
    begins = trace.lines("ready")
    assert len(begins) == 2
    assert begins[1].pid in processes_of(other)
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


def test_tasks_of_a_worker_that_was_killed_whole_run_at_once_where_it_starts_again(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    killed = start_worker("--lease", "60s", "--processes", "2")
    go_on = trace.folder / "go-on"
    tasks = [app.enqueue("work_until", args=[label, str(go_on)]) for label in range(4)]
    wait_until(lambda: len(trace.lines("begin")) == 4, what="four running tasks")
    reported = {report["name"] for report in app.workers()}
    killed.kill()
    successor = start_worker("--lease", "60s")
    go_on.touch()
    for task in tasks:  # long before the lease is over
        assert task.result(timeout=15) in processes_of(successor)
    assert len(trace.lines("begin")) == 8
    assert {task.info().crashes for task in tasks} == {0}, "whoever killed it, it was no task"
    assert not reported & {report["name"] for report in app.workers()}
    wait_until(lambda: released(successor) == 4, what="what it says that it has released")
    assert len(lock_files(trace)) == 1, "the files of the dead are gone"


def released(worker: Spawned) -> int:
    """How many tasks it has released, added up."""
    counts = re.findall(r"died without leaving: (\d+) tasks released", worker.output)
    return sum(map(int, counts))


def lock_files(trace: Trace) -> list[Path]:
    return sorted((trace.folder / "runtime").iterdir())


def test_a_worker_that_lives_beside_it_releases_them_as_well(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    killed = start_worker("--lease", "60s", target=LAB)
    go_on = trace.folder / "go-on"
    task = app.enqueue("block_between", args=["one", str(go_on), str(go_on)])
    wait_until(lambda: trace.lines("ready"), what="a running task")
    neighbour = start_worker("--lease", "60s", "--id", "neighbour", target=LAB)
    killed.kill()
    wait_until(lambda: len(trace.lines("ready")) == 2, 15, "the task on the neighbour")
    assert trace.lines("ready")[1].pid in processes_of(neighbour)
    go_on.touch()
    task.result(timeout=15)


def test_a_supervisor_that_stands_still_costs_its_processes_no_task(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    halted = start_worker("--pool", "default=1", "--lease", "4s", target=LAB)
    go_on = trace.folder / "go-on"
    task = app.enqueue("block_between", args=["one", str(go_on), str(go_on)])
    wait_until(lambda: trace.lines("ready"), what="a running task")
    other = start_worker("--id", "other", "--lease", "4s", target=LAB)
    app.enqueue("note", args=["by-the-other"]).result(timeout=20)
    os.kill(halted.pid, signal.SIGSTOP)
    try:
        time.sleep(3 * 4)
        go_on.touch()
        task.result(timeout=20)
    finally:
        os.kill(halted.pid, signal.SIGCONT)
    assert trace.labels("ready") == ["one"], "nobody else has begun it meanwhile"
    assert "took" not in other.output


def test_a_worker_that_only_stands_still_keeps_its_tasks(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    frozen = start_worker("--lease", "60s")
    task = app.enqueue("work", args=["one", 0.5])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    pids = [frozen.pid, *processes_of(frozen)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    other = start_worker("--lease", "60s", "--id", "other")
    app.enqueue("note", args=["by-the-other"]).result(timeout=10)
    wait_until(lambda: looked_again(app, "other"), 15, "a look at the locks")
    assert trace.labels("begin") == ["one", "by-the-other"]
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    assert task.result(timeout=10) in pids
    assert "died" not in other.output


def looked_again(app: Skedulr, worker: str) -> bool:
    """Whether a worker has looked for the dead, and told of it."""
    loops = {
        loop["name"]: loop["state"]
        for report in app.workers()
        if report["name"].startswith(worker)
        for loop in report["loops"]
    }
    return loops.get("predecessors") == "working"


def test_what_a_job_has_forked_keeps_the_task_until_it_ends(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    """The first attempt dies, but a fork of it goes on with the work: no second one beside it."""
    start_worker("--lease", "60s")
    task = app.enqueue("outlived", args=["one", 1.5])
    assert task.result(timeout=30)
    [first, second] = trace.lines("begin")
    [end] = trace.lines("fork-ends")
    assert first.at < end.at <= second.at


def test_a_second_worker_with_the_same_id_says_so_and_neither_hurts_the_other(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    first = start_worker("--id", "web")
    task = app.enqueue("work", args=["long", 1.5])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    second = start_worker("--id", "web")
    second.wait_for_output("another worker with the id 'web' runs on this host")
    assert "another worker" not in first.output
    second.send(signal.SIGTERM)
    assert second.wait(20) == 0
    assert task.result(timeout=10) in processes_of(first)
    assert trace.labels("begin") == ["long"]
    names = {report["name"] for report in app.workers()}
    assert {name.partition("-")[0] for name in names} == {"web"}


def test_a_worker_leaves_no_lock_file(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--processes", "2")
    assert len(lock_files(trace)) == 2
    worker.send(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert lock_files(trace) == []


def test_a_runtime_folder_that_does_not_serve_is_refused(
    app: Skedulr, start_worker: StartWorker
) -> None:
    worker = start_worker("--runtime-dir", "/dev/null/x", ready=False)
    assert worker.wait(20) == 2
    assert "runtime_dir '/dev/null/x' cannot hold lock files" in worker.output
    assert "Traceback" not in worker.output
