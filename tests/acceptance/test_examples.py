"""Every example runs as its first lines say, and ends by itself."""

import json
import signal
from pathlib import Path
from urllib.request import urlopen

import pytest

from examples.cluster_producer import COUNT, wrong_counts
from tests.support.servers import Server
from tests.support.spawning import ROOT, Spawn

NO_REDIS = {"SKEDULR_REDIS_URL": "", "SKEDULR_NAMESPACE": ""}


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """Give an environment that names no Redis, and in which none is found."""
    return {**NO_REDIS, "XDG_STATE_HOME": str(tmp_path)}


def test_the_quick_start_greets_and_ends(spawn: Spawn, alone: dict[str, str]) -> None:
    program = spawn(["-W", "error", "examples/quickstart.py"], **alone)
    assert program.wait() == 0
    assert "Hello, world!" in program.output
    assert "the result: greeted world" in program.output
    assert program.descendants() == []


def test_the_full_example_shows_everything_and_ends(spawn: Spawn, alone: dict[str, str]) -> None:
    program = spawn(["-W", "error", "examples/full.py"], **alone)
    output = program.wait_for_output("starts, attempt 1")
    address = output.partition("Dashboard: ")[2].split()[0]
    with urlopen(f"{address}api/stats", timeout=10) as answer:
        assert {pool["name"] for pool in json.load(answer)["pools"]} >= {"critical", "background"}
    assert program.wait(60) == 0
    summary = dict(
        line.split(None, 1)
        for line in program.output.partition("What came of it:")[2].splitlines()
        if line.startswith("  ")
    )
    assert summary == {
        "cancelled": "cancelled",
        "deduplicated": "the report monday",
        "delayed": "sent 'later' to d@e.f",
        "priority": "sent 'hello' to a@b.c",
        "progress": "100",
        "retries": "dead after 4 attempts; resubmitted: it works now",
        "scheduled": "the report of the hour",
        "workflow": "sent 'imported' to ops@x.y; failure-cleanup: upstream",
    }
    assert program.output.rstrip().endswith("Shutdown complete.")
    assert program.descendants() == []


def test_the_full_example_ends_in_order_at_ctrl_c(spawn: Spawn, alone: dict[str, str]) -> None:
    program = spawn(["-W", "error", "examples/full.py"], **alone)
    program.wait_for_output("attempt 1")
    program.send(signal.SIGINT)
    assert program.wait() == 0
    assert "What came of it" not in program.output
    assert program.output.rstrip().endswith("Shutdown complete.")
    assert "Traceback" not in program.output


def test_the_schedules_example_runs_by_the_clock_and_by_hand(
    spawn: Spawn, alone: dict[str, str]
) -> None:
    program = spawn(["-W", "error", "examples/schedules.py"], **alone)
    assert program.wait(60) == 0
    assert "health check health_check@" in program.output
    assert "hello world" in program.output
    assert "Run by hand: the night's work is done" in program.output
    assert "Every day at 02:30 (Europe/Berlin)" in program.output
    assert program.descendants() == []


def test_the_workflow_example_joins_once(spawn: Spawn, alone: dict[str, str]) -> None:
    program = spawn(["-W", "error", "examples/workflow.py"], **alone)
    assert program.wait(120) == 0
    assert "import orders.csv: succeeded\n  {'succeeded': 3, 'skipped': 1}" in program.output
    assert "import orders.exe: failed\n" in program.output
    assert "{'succeeded': 2, 'failed': 1, 'skipped': 1}" in program.output
    assert program.output.count("report: the import of") == 2
    assert "  332,833,500, joined 1 time, " in program.output
    assert "squares: succeeded\n  {'succeeded': 1001}" in program.output
    assert "Rows in all files of a folder: 15\n" in program.output
    assert "import a folder: succeeded\n  {'succeeded': 7}" in program.output
    assert program.descendants() == []


def test_the_cluster_runs_every_task_exactly_once(spawn: Spawn, server: Server) -> None:
    where = {**NO_REDIS, "SKEDULR_REDIS_URL": server.url}
    command = ["-m", "skedulr", "worker", "examples.cluster:app", "--processes=1"]
    workers = [spawn(command, **where) for _ in range(2)]
    producer = spawn(["-m", "examples.cluster_producer"], COUNT="300", PATIENCE="60", **where)
    assert producer.wait(90) == 0
    assert "300 tasks ended" in producer.output
    assert "every task ran exactly once" in producer.output
    for worker in workers:
        worker.wait_for_output("1 processes")  # the other may have done it all meanwhile
        worker.send(signal.SIGTERM)
    assert [worker.wait() for worker in workers] == [0, 0]


def test_the_cluster_s_producer_fails_when_results_do_not_come(
    spawn: Spawn, server: Server
) -> None:
    where = {**NO_REDIS, "SKEDULR_REDIS_URL": server.url}
    producer = spawn(["-m", "examples.cluster_producer"], COUNT="5", PATIENCE="0.5", **where)
    assert producer.wait() == 1
    assert "10 things are wrong" in producer.output
    assert "the task of 0 ran 0 times" in producer.output


def test_the_cluster_s_producer_notices_what_ran_twice_and_what_never_ran() -> None:
    counted = {str(number): "1" for number in range(COUNT)} | {"7": "2"}
    del counted["9"]
    assert list(wrong_counts(counted)) == ["the task of 7 ran 2 times", "the task of 9 ran 0 times"]


def test_every_example_is_in_the_list() -> None:
    listed = (ROOT / "examples/README.md").read_text()
    programs = [path.name for path in (ROOT / "examples").glob("*.py")]
    assert len(programs) >= 4
    assert all(f"[`{name}`]({name})" in listed for name in programs)
