"""`skedulr up --demo` does real work on real files, and tells the truth about it."""

import gzip
import hashlib
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.up_support import ENDS_WITHIN, Home, Terminal, place
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until

DEMO_WITHIN = 60.0


@pytest.fixture
def home(spawn: Spawn, tmp_path: Path) -> Iterator[Home]:
    home = Home(spawn, tmp_path, namespace="demo")
    yield home
    home.close()


def test_without_a_terminal_it_ends_with_a_summary_of_what_was_done(home: Home) -> None:
    up = home.begin("--demo", "--workers=2")
    assert up.wait(DEMO_WITHIN) == 0
    (run,) = (home.data / "demo").iterdir()

    made = [path for path in (run / "in").iterdir() if path.is_file()]
    assert place(up, "files").startswith(f"{len(made)} made")
    tasks = re.search(r"(\d+): 1 cancelled, 1 dead, (\d+) succeeded", place(up, "tasks"))
    assert tasks, place(up, "tasks")
    assert int(tasks[1]) == int(tasks[2]) + 2
    assert "after 3 attempts: EOFError" in place(up, "dead")
    assert re.search(r"[1-4] tasks failed at first and recovered", place(up, "retries"))
    assert place(up, "key").startswith("4 ")
    assert "tasks a second" in place(up, "time")
    assert place(up, "results") == str(run / "out")
    summary = json.loads((run / "out/summary.json").read_text())
    assert summary["tasks"] == place(up, "tasks")

    sums = [line.split("  ") for line in (run / "out/SHA256SUMS").read_text().splitlines()]
    assert {path for _, path in sums} == {str(path) for path in made}
    for digest, path in sums:
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest
    for packed in (run / "out").glob("*.gz"):
        assert gzip.decompress(packed.read_bytes()) == (run / "in" / packed.stem).read_bytes()
    assert len(list((run / "out/inbox").iterdir())) == 4
    assert up.descendants() == []
    assert home.is_free


@pytest.fixture
def terminal(home: Home) -> Iterator[Terminal]:
    terminal = Terminal(home, "--demo", "--workers=2")
    yield terminal
    terminal.end()


def test_in_a_terminal_it_goes_on_with_a_live_line_until_ctrl_c(
    terminal: Terminal, home: Home
) -> None:
    wait_until(lambda: "What was done" in terminal.seen, DEMO_WITHIN, "the summary")
    assert "\x1b[" in terminal.seen, "there are colours"
    before = home.ask("status")["counts"]["succeeded"]
    wait_until(
        lambda: home.ask("status")["counts"]["succeeded"] > before, what="the stream of tasks"
    )
    wait_until(lambda: re.search(r"\d+/s", terminal.seen), what="the live line")
    terminal.press("\x03")
    assert terminal.process.wait(ENDS_WITHIN) == 0
    assert "Ctrl-C again ends at once" in terminal.seen
    assert "Traceback" not in terminal.seen
    assert home.is_free


def enqueued(home: Home) -> int:
    return sum(pool.totals.get("enqueued", 0) for pool in home.app.pools.all())


def test_it_can_be_ended_in_the_middle_and_answers_machines_with_one_document(home: Home) -> None:
    up = home.begin("--demo", "--workers=2", "--json")
    wait_until(lambda: enqueued(home), 20, "the first task")
    up.send(signal.SIGTERM)
    assert up.wait(ENDS_WITHIN) in (0, 1)
    document = json.loads(up.output)
    assert document["namespace"] == "demo"
    assert document["data"] == str(home.data)
    assert set(document["counts"]) >= {"queued", "succeeded"}
    assert document["demo"] is None or document["demo"]["problems"] == []
    assert up.descendants() == []
