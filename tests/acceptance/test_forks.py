"""Jobs may fork: what they make is a process like any other, and no second worker."""

import signal

import pytest

from skedulr import Skedulr
from tests.acceptance.conftest import processes_of
from tests.acceptance.test_isolation import StartLab, start_lab
from tests.support.processes import is_alive
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

__all__ = ["start_lab"]


def test_a_job_may_fork_and_what_it_forks_does_not_go_on_as_a_job_process(
    app: Skedulr, start_lab: StartLab
) -> None:
    start_lab(SKEDULR_JOB_PROCESSES="1")
    assert app.enqueue("pool_of_processes").result(timeout=20) == 3
    task = app.enqueue("split")
    assert task.result(timeout=15) == 7
    assert app.enqueue("doubled", args=[1]).result(timeout=15) == 4
    assert task.info().attempt == 1


@pytest.mark.parametrize("name", ["split_in_a_thread", "split_on_the_loop"])
def test_what_a_job_forks_does_not_go_on_as_its_worker_process(
    app: Skedulr, start_lab: StartLab, name: str
) -> None:
    worker = start_lab("--lease", "60s")
    pid = app.enqueue("note", args=["before"]).result(timeout=15)
    alone = living(worker)
    tasks = [app.enqueue(name) for _ in range(5)]
    assert {task.result(timeout=15) for task in tasks} == {7}
    wait_until(lambda: living(worker) == alone, what="the end of all forks")
    assert app.enqueue("note", args=["after"]).result(timeout=15) == pid
    assert {(task.info().attempt, task.info().losses) for task in tasks} == {(1, 0)}


@pytest.mark.parametrize("name", ["kill_forks", "kill_forks_in_a_thread"])
def test_what_a_job_has_forked_ends_by_sigterm_at_any_time_and_its_worker_does_not(
    app: Skedulr, start_lab: StartLab, name: str
) -> None:
    start_lab(SKEDULR_JOB_PROCESSES="1")
    first, ends = app.enqueue(name, args=[300]).result(timeout=60)
    assert set(ends) == {-signal.SIGTERM}
    assert app.enqueue(name, args=[1]).result(timeout=20)[0] == first


def living(worker: Spawned) -> set[int]:
    """Its processes that have not ended."""
    return {pid for pid in processes_of(worker) if is_alive(pid)}
