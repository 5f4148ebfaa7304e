"""A worker whose folder for lock files becomes read-only says so, and goes on."""

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from skedulr import Skedulr
from tests.acceptance.conftest import StartWorker, Trace
from tests.support.spawning import Spawned
from tests.support.waiting import wait_until

LAB = "tests.acceptance.lab:app"
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]

MOUNT = ["sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"']
"""Mount a folder over itself, read-only, and run what is named behind it."""


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """Give the folder; the test is skipped where this user may mount nothing."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("there is no unshare or nsenter")
    tried = subprocess.run(
        [*UNSHARE, *MOUNT, str(folder), "true"], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"this user may mount nothing: {tried.stderr.decode().strip()}")
    return folder


def make_read_only(folder: Path, worker: Spawned) -> None:
    """For that worker alone: it sees the files of others, and can neither make nor remove one."""
    enter = ["nsenter", "--target", str(worker.pid), "--mount"]
    if os.geteuid():
        enter += ["--user", "--preserve-credentials"]
    subprocess.run([*enter, *MOUNT, str(folder), "true"], check=True)


def test_a_named_folder_that_is_read_only_ends_the_worker_with_what_to_do(
    runtime: Path, start_worker: StartWorker
) -> None:
    worker = start_worker(ready=False, through=[*UNSHARE, *MOUNT, str(runtime)])

    assert worker.wait() == 2
    assert f"runtime_dir '{runtime}' cannot hold lock files: it is read-only" in worker.output


def test_a_folder_that_becomes_read_only_costs_no_task_and_the_worker_goes_on(
    runtime: Path, app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    worker = start_worker("--lease", "60s", through=UNSHARE, target=LAB)
    make_read_only(runtime, worker)
    go_on = trace.folder / "go-on"
    task = app.enqueue("block_between", args=["one", str(go_on), str(go_on)])
    wait_until(lambda: trace.lines("ready"), what="a running task")

    os.kill(trace.lines("ready")[0].pid, signal.SIGKILL)

    wait_until(lambda: len(trace.lines("ready")) == 2, what="its second run")
    worker.wait_for_output("no lock file for ")
    assert f"in {runtime}: Read-only file system; its tasks wait for the end of" in worker.output
    go_on.touch()
    task.result(timeout=20)
    worker.send(signal.SIGTERM)
    assert worker.wait() == 0


def test_who_cannot_remove_the_file_of_a_dead_one_releases_its_tasks_once(
    runtime: Path, app: Skedulr, start_worker: StartWorker, trace: Trace
) -> None:
    go_on = trace.folder / "go-on"
    lost = start_worker("--lease", "60s", target=LAB)
    task = app.enqueue("block_between", args=["one", str(go_on), str(go_on)])
    wait_until(lambda: trace.lines("ready"), what="a running task")
    worker = start_worker("--id", "other", "--lease", "60s", through=UNSHARE, target=LAB)
    make_read_only(runtime, worker)

    lost.kill()

    wait_until(lambda: len(trace.lines("ready")) == 2, what="its second run")
    go_on.touch()
    task.result(timeout=20)
    for _ in range(2):
        wait_until(partial(has_turned, app, since=turns(app)), what="another look at the folder")
    assert worker.output.count("has died without leaving") == 1
    assert len([*runtime.iterdir()]) == 2, "its own, and one that it cannot remove"


def has_turned(app: Skedulr, since: float) -> bool:
    """Whether the worker has looked for the dead once more."""
    return turns(app) > since


def turns(app: Skedulr) -> float:
    """When the worker last looked for the dead, as its report tells."""
    [turn] = [
        loop["last_turn_ms"]
        for report in app.workers()
        if report["name"].startswith("other")
        for loop in report["loops"]
        if loop["name"] == "predecessors"
    ]
    return float(turn)
