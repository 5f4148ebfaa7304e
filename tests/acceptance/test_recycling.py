"""Processes that have run so many tasks, or take so much memory, make room for others."""

from skedulr import Skedulr
from tests.acceptance.conftest import StartWorker, Trace, processes_of
from tests.acceptance.test_isolation import StartLab, begun, start_lab
from tests.support.processes import is_alive
from tests.support.waiting import wait_until

__all__ = ["start_lab"]

MIB = 1024 * 1024


def test_an_ordinary_process_is_replaced_after_so_many_tasks(
    app: Skedulr, start_worker: StartWorker
) -> None:
    worker = start_worker("--max-tasks-per-child", "3")
    tasks = [app.enqueue("note", args=[label]) for label in range(10)]
    pids = [task.result(timeout=20) for task in tasks]
    assert max(pids.count(pid) for pid in pids) == 3
    assert len(set(pids)) == 4
    wait_until(lambda: len(processes_of(worker)) == 1, what="the end of those that were replaced")
    assert {task.info().attempt for task in tasks} == {1}


def test_a_process_that_has_done_its_share_lets_tasks_finish_while_another_takes_over(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--max-tasks-per-child", "1", "--grace", "0.1s")
    go_on = trace.folder / "go-on"
    long = app.enqueue("work_until", args=["long", str(go_on)])
    [first] = begun(trace)
    assert app.enqueue("note", args=["next"]).result(timeout=15) != first
    assert is_alive(first)
    go_on.touch()
    assert long.result(timeout=15) == first
    wait_until(lambda: first not in processes_of(worker), what="the end of the first")


def test_an_ordinary_process_that_takes_too_much_memory_is_replaced(
    app: Skedulr, start_worker: StartWorker
) -> None:
    worker = start_worker("--max-memory-per-child", "150MiB")
    before = app.enqueue("note", args=["small"]).result(timeout=15)
    assert app.enqueue("hoard", args=[200 * MIB]).result(timeout=15) == before
    wait_until(lambda: before not in processes_of(worker), what="another process")
    after = app.enqueue("note", args=["again"]).result(timeout=15)
    assert after != before


def test_job_processes_are_replaced_after_so_many_tasks(app: Skedulr, start_lab: StartLab) -> None:
    worker = start_lab("--max-tasks-per-child", "2", SKEDULR_JOB_PROCESSES="1")
    child = app.enqueue("note", args=["x"]).result(timeout=15)
    pids = [app.enqueue("told").result(timeout=15)["pid"] for _ in range(5)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [2, 2, 1]
    assert child in processes_of(worker), "what runs elsewhere is not counted"
    worker.wait_for_output(f"process {pids[0]} has stopped")


def test_job_processes_that_take_too_much_memory_are_replaced(
    app: Skedulr, start_lab: StartLab
) -> None:
    start_lab("--max-memory-per-child", "150MiB", SKEDULR_JOB_PROCESSES="1")
    before = app.enqueue("told").result(timeout=15)["pid"]
    assert app.enqueue("grow", args=[200 * MIB]).result(timeout=15) == before
    assert app.enqueue("told").result(timeout=15)["pid"] != before
