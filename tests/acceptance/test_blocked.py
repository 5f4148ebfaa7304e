"""A process that is blocked keeps no task from running elsewhere but those that it has begun."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from skedulr import Skedulr, State
from tests.acceptance.conftest import StartWorker, Trace, processes_of, stopped
from tests.integration.client.proxy import Proxy
from tests.support.servers import Server
from tests.support.waiting import wait_until

LAB = "tests.acceptance.lab:app"


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    started = Proxy(server.url)
    yield started
    started.close()


@pytest.mark.parametrize("job", ["block_between", "hold_the_lock_between"])
@pytest.mark.parametrize("reply", ["comes while it is blocked", "comes afterwards"])
def test_what_is_given_to_a_process_that_blocks_before_it_hears_of_it_runs_elsewhere_at_once(
    app: Skedulr,
    start_worker: StartWorker,
    trace: Trace,
    tmp_path: Path,
    proxy: Proxy,
    job: str,
    reply: str,
) -> None:
    begin, end = tmp_path / "block", tmp_path / "unblock"
    start_worker("--lease", "60s", target=LAB, url=proxy.url)
    blocker = app.enqueue(job, args=["blocker", str(begin), str(end)])
    wait_until(lambda: trace.lines("ready"), what="the task that is going to block")
    proxy.withheld = b"unheard"
    tasks = [app.enqueue("wait", args=[n, 1], id=f"unheard{n}") for n in range(3)]
    wait_until(lambda: tasks[0].status() is State.RUNNING, what="a claim that nobody hears of")
    begin.touch()
    wait_until(lambda: trace.lines("begin"), what="a process that is blocked")
    if reply == "comes while it is blocked":
        proxy.withheld = b""
    other = start_worker("--lease", "60s", target=LAB)
    for task in tasks:
        assert task.result(timeout=20) in processes_of(other)
    assert not trace.lines("end")[3:], "it is still blocked"
    assert {task.info().losses for task in tasks} == {0}
    late = [app.enqueue("wait", args=["late", 3], id=f"unheard-late{n}") for n in range(3)]
    end.touch()
    proxy.withheld = b""
    blocker.result(timeout=20)
    for task in late:
        task.result(timeout=20)
    begins = trace.labels("begin")
    assert sorted(begins) == sorted(["blocker", "0", "1", "2", *["late"] * 3]), "each ran once"


def test_what_a_blocked_process_was_given_while_it_ran_nothing_goes_back_uncharged(
    app: Skedulr, start_worker: StartWorker, trace: Trace, proxy: Proxy
) -> None:
    start_worker("--lease", "4s", target=LAB, url=proxy.url)
    child = app.enqueue("note", args=["first"]).result(timeout=20)
    proxy.withheld = b"unheard"
    task = app.enqueue("note", args=["second"], id="unheard")
    wait_until(lambda: task.status() is State.RUNNING, what="a claim that nobody hears of")
    with stopped(child):
        proxy.withheld = b""
        other = start_worker("--lease", "4s", target=LAB)
        assert task.result(timeout=20) in processes_of(other)
        assert task.info().losses == 0
    app.enqueue("note", args=["third"]).result(timeout=20)
    assert trace.labels("begin") == ["first", "second", "third"]


def test_what_a_blocked_process_has_taken_in_and_not_begun_runs_elsewhere_at_once(
    app: Skedulr, start_worker: StartWorker, trace: Trace, tmp_path: Path
) -> None:
    begin, end = tmp_path / "block", tmp_path / "unblock"
    begin.touch()  # it blocks with its first step, so that nothing that comes with it begins
    start_worker("--lease", "60s", target=LAB)
    calls = [
        app.call("block_between", args=["blocker", str(begin), str(end)]),
        *(app.call("wait", args=[n, 1]) for n in range(3)),
    ]
    blocker, *tasks = app.enqueue_many(calls)
    wait_until(lambda: trace.lines("begin"), what="a process that is blocked")
    assert {task.status() for task in tasks} == {State.RUNNING}
    other = start_worker("--lease", "60s", target=LAB)
    for task in tasks:
        assert task.result(timeout=20) in processes_of(other)
    assert trace.labels("end").count("blocker") == 0
    assert {(task.info().losses, task.info().attempt) for task in tasks} == {(0, 1)}
    late = app.enqueue("wait", args=["late", 0])
    end.touch()
    blocker.result(timeout=20)
    late.result(timeout=20)
    assert sorted(trace.labels("begin")) == ["0", "1", "2", "blocker", "late"], "each ran once"


def test_the_time_of_a_task_that_waits_behind_one_that_blocks_has_not_begun(
    app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    start_worker(target=LAB)
    calls = [
        app.call("block", args=["blocker", 4]),
        *(app.call("wait", args=[n, 0], timeout=3) for n in range(3)),
    ]
    for task in app.enqueue_many(calls):
        task.result(timeout=20)
    assert trace.labels("begin")[0] == "blocker"
    assert sorted(trace.labels("begin")) == ["0", "1", "2", "blocker"]
