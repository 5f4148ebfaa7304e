"""What a process wrote to stderr before it crashed stands in the record, and nothing else does."""

import re
from pathlib import Path

import pytest

from skedulr import Skedulr, State
from tests.acceptance.test_isolation import StartLab, ended, start_lab

__all__ = ["start_lab"]

WAYS = ["segfault", "stack overflow", "abort", "exit"]


@pytest.mark.parametrize("job", ["die_isolated", "die_in_a_thread", "die_on_the_loop"])
def test_the_record_of_a_crash_has_the_last_words_of_its_own_attempt(
    app: Skedulr, start_lab: StartLab, job: str
) -> None:
    start_lab()
    tasks = {way: app.enqueue(job, args=[way]) for way in WAYS}
    for way, task in tasks.items():
        assert ended(task, 60) is State.DEAD
        attempts = task.info().attempts
        assert len(attempts) == 3
        for attempt in attempts:
            assert (attempt.kind, attempt.cause) == ("crash", way)
            assert re.findall("last words of (.*)", attempt.stderr)[:1] == [way]
            assert "skedulr_worker" not in attempt.stderr, "the worker's own frames help nobody"
            if way == "exit":
                assert attempt.stderr == "the last words of exit"
            else:
                inner = "__getattr__" if way == "stack overflow" else "die"
                assert f" in {inner}\n" in f"{attempt.stderr}\n", "where it happened"


def test_the_words_of_a_crash_are_not_mixed_with_those_of_the_attempt_before(
    app: Skedulr, start_lab: StartLab
) -> None:
    worker = start_lab(SKEDULR_JOB_PROCESSES="1", SKEDULR_POOLS="default=1")
    tasks = []
    for _ in range(4):
        app.enqueue("chatter")
        tasks.append(app.enqueue("die_isolated", args=["exit"]))
    for task in tasks:
        assert ended(task) is State.DEAD
        assert {each.stderr for each in task.info().attempts} == {"the last words of exit"}
    worker.wait_for_output("chatter without an end")
    assert "\x1e" not in worker.output, "what separates attempts is not passed on"


def test_a_flood_from_what_a_crash_left_behind_keeps_nobody(
    app: Skedulr, start_lab: StartLab, tmp_path: Path
) -> None:
    stop = tmp_path / "stop"
    start_lab(SKEDULR_JOB_PROCESSES="1")
    task = app.enqueue(
        "leave_behind", args=[f"until [ -e {stop} ]; do head -c 1M /dev/zero >&2; done"]
    )
    assert ended(task, 40) is State.DEAD
    assert app.enqueue("doubled", args=[1]).result(timeout=20) == 4
    stop.touch()


def test_what_a_crash_left_behind_may_go_on_to_write(
    app: Skedulr, start_lab: StartLab, tmp_path: Path
) -> None:
    go_on = tmp_path / "go-on"
    worker = start_lab()
    command = f"until [ -e {go_on} ]; do sleep 0.05; done; echo I am still here >&2"
    task = app.enqueue("leave_behind", args=[command])
    assert ended(task) is State.DEAD
    go_on.touch()
    worker.wait_for_output("I am still here\n" * 3)
