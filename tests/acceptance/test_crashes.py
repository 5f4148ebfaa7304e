"""What kills its own process is found out, told apart and charged; nobody else is."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skedulr import Skedulr, State
from tests.acceptance.conftest import Trace, processes_of, stopped
from tests.acceptance.test_isolation import StartLab, begun, ended, parent_of, start_lab
from tests.support.processes import is_alive
from tests.support.waiting import wait_until

__all__ = ["start_lab"]

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("name", "args", "cause", "number", "code"),
    [
        ("segfault", [], "segfault", "SIGSEGV", None),
        ("overflow", [], "stack overflow", "SIGSEGV", None),
        ("abort", [], "abort", "SIGABRT", None),
        ("self_murder", [], "killed", "SIGKILL", None),
        ("vanish", [3], "exit", "", 3),
        ("vanish", [0], "exit", "", 0),
    ],
    ids=["segfault", "stack overflow", "abort", "SIGKILL", "exit 3", "exit 0"],
)
def test_a_task_that_kills_its_own_process_is_dead_after_three_times(
    app: Skedulr,
    start_lab: StartLab,
    trace: Trace,
    name: str,
    args: list[Any],
    cause: str,
    number: str,
    code: int | None,
) -> None:
    worker = start_lab()
    go_on = trace.folder / "go-on"  # a process of a neighbour that has ended may get the poison
    neighbours = [
        app.enqueue("hold", args=["isolated", str(go_on)]),
        app.enqueue("work_until", args=["coroutine", str(go_on)]),
    ]
    begun(trace, 2)
    poison = app.enqueue(name, args=args)
    assert ended(poison) is State.DEAD
    info = poison.info()
    assert (info.reason, info.crashes, info.attempt) == ("poison", 3, 0)
    for attempt in info.attempts:
        assert (attempt.kind, attempt.cause, attempt.signal, attempt.exit_code) == (
            *("crash", cause),
            *(number, code),
        )
    if name == "segfault":
        assert "the last words of a segfault" in info.attempts[0].stderr
        assert "in segfault" in info.attempts[0].stderr, "where it happened"
        assert "nursery.py" not in info.attempts[0].stderr
    go_on.touch()
    assert all(task.result(timeout=15) in processes_of(worker) for task in neighbours)
    assert {(task.info().crashes, task.info().losses) for task in neighbours} == {(0, 0)}
    assert sorted(trace.labels("begin")) == ["coroutine", "isolated"], "each of them ran once"


def test_a_kill_of_everybody_is_charged_to_nobody(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab(SKEDULR_JOB_PROCESSES="3", SKEDULR_POOLS="default=3")
    tasks = [app.enqueue("work", args=[label, 3]) for label in range(3)]
    pids = begun(trace, 3)
    with stopped(parent_of(pids[0])):  # so that it sees all of them dead at once
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    for task in tasks:
        task.result(timeout=30)
    assert {(task.info().crashes, task.info().attempt) for task in tasks} == {(0, 1)}


def test_a_task_that_kills_its_nursery_is_found_where_it_runs_alone(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab()
    neighbour = app.enqueue("work", args=["neighbour", 1])
    begun(trace)
    orphan = app.enqueue("orphan")
    assert ended(orphan, 40) is State.DEAD
    assert (orphan.info().reason, orphan.info().crashes) == ("poison", 3)
    neighbour.result(timeout=20)
    assert neighbour.info().crashes == 0


def test_what_a_limit_forbids_is_an_error_and_no_crash(app: Skedulr, start_lab: StartLab) -> None:
    start_lab()
    hungry = app.enqueue("hungry", args=[1024 * MIB])
    assert ended(hungry) is State.FAILED
    assert hungry.info().attempts[0].error.startswith("MemoryError")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives itself a smaller limit and obeys it")
def test_a_task_that_makes_more_processes_than_it_may_fails_by_itself(
    app: Skedulr, start_lab: StartLab
) -> None:
    start_lab()
    crowd = app.enqueue("crowd", args=[50])
    assert ended(crowd) is State.FAILED
    assert "BlockingIOError" in crowd.info().attempts[0].error
    assert app.enqueue("note", args=["next"]).result(timeout=15) > 0


def test_what_a_task_has_started_ends_with_its_process(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab()
    swarm = app.enqueue("swarm", args=["many", 20], timeout=60)
    wait_until(trace.lines, what="the swarm")
    [line] = trace.lines()
    pids = [int(pid) for pid in line.word.split(",")]
    assert len(pids) == 20
    os.kill(line.pid, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in pids), what="the end of the swarm")
    swarm.cancel()


@pytest.fixture
def control_group() -> Any:
    """A control group with little memory, where this machine lets one be made."""
    for folder, limit in [
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max"),
    ]:
        group = folder / f"skedulr-test-{os.getpid()}"
        try:
            group.mkdir()
            (group / limit).write_text(str(192 * MIB))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        yield group
        wait_until(lambda: not (group / "cgroup.procs").read_text(), what="an empty group")  # noqa: B023
        group.rmdir()
        return
    pytest.skip("no control group can be made here")


def test_a_kill_for_want_of_memory_is_told_from_others(
    control_group: Path, app: Skedulr, start_lab: StartLab
) -> None:
    worker = start_lab(within=control_group)
    everyone = [worker.pid, *processes_of(worker)]
    devour = app.enqueue("devour", args=[512 * MIB])
    assert ended(devour, 40) is State.DEAD
    info = devour.info()
    assert info.reason == "poison"
    assert {(each.signal, each.cause) for each in info.attempts} == {("SIGKILL", "out of memory")}
    assert all(is_alive(pid) for pid in everyone), "the one that took the memory had to go"


def test_the_command_line_shows_how_a_process_ended(
    app: Skedulr, start_lab: StartLab, server: Any, namespace: str, spawn: Callable[..., Any]
) -> None:
    start_lab()
    task = app.enqueue("segfault")
    assert ended(task) is State.DEAD
    shown = spawn(
        ["-m", "skedulr", "task", task.id],
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )
    assert shown.wait() == 0
    assert "Crash 3 of 3 (attempt 1): segfault after" in shown.output
    assert "the last words of a segfault" in shown.output


def test_a_nursery_and_its_jobs_that_are_killed_together_charge_nobody(
    app: Skedulr, start_lab: StartLab, trace: Trace
) -> None:
    start_lab()
    task = app.enqueue("work", args=["victim", 2])
    [pid] = begun(trace)
    nursery = parent_of(pid)
    with stopped(nursery):  # so that it tells nobody of the other's end
        os.kill(pid, signal.SIGKILL)
        os.kill(nursery, signal.SIGKILL)
    task.result(timeout=30)
    assert (task.info().crashes, task.info().attempt) == (0, 1)
