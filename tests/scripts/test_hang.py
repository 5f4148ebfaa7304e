"""`hang` changes what a task that still waits has to wait for."""

import pytest

from skedulr import commands
from skedulr.commands import NEVER_CAME, On, Tie, Told
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import Pool


def waiting(pool: Pool) -> None:
    """Submit the task `c`, which waits for `other/p`."""
    pool.submit("c", parents=[("other/p", int(On.SUCCESS), 1)], token=b"t")


def tie(parent: str, since: int = 0) -> Tie:
    """The end of another parent to wait for, with its result."""
    return Tie(f"other/{parent}", int(On.END), since, 1)


def end(parent: str, state: int = State.SUCCEEDED, epoch: int = 7) -> Told:
    """The end of a parent."""
    return Told("c", b"t", f"other/{parent}", epoch, state, b"r")


def test_a_waiting_task_gets_more_parents_and_coordinators_are_told(pool: Pool) -> None:
    waiting(pool)

    hung, changed = pool.watch(
        commands.hang(pool.keys, "c", b"t", [tie("x"), tie("y", since=7)], whole=True)
    )

    assert hung == "hung"
    epoch = pool.field("c", "epoch")
    assert changed.pop("events")[-1] == {"kind": "waiting", "id": "c", "epoch": epoch}
    assert changed == {
        "tasks": {"c": fields(parents=3, awaits=3)},
        "parents:c": {"other/x": [On.END, 0, 0, 1], "other/y": [On.END, 0, 7, 1]},
    }


def test_they_count_like_those_of_its_submission(pool: Pool) -> None:
    waiting(pool)
    pool.ask(commands.hang(pool.keys, "c", b"t", [tie("x"), tie("y", since=7)], whole=True))

    both = [end("p"), end("x", State.FAILED), end("y")]
    assert pool.ask(commands.trigger(pool.keys, both)) == 2
    assert pool.field("c", "state") == State.WAITING, "that end of y is not newer"

    assert pool.ask(commands.trigger(pool.keys, [end("y", epoch=8)])) == 1
    assert pool.field("c", "state") == State.QUEUED


def test_again_it_changes_nothing_but_tells_again(pool: Pool) -> None:
    waiting(pool)
    pool.ask(commands.hang(pool.keys, "c", b"t", [tie("x")], whole=False))
    pool.ask(commands.trigger(pool.keys, [end("x")]))

    part = commands.hang(pool.keys, "c", b"t", [tie("x")], whole=False)
    assert pool.watch(part) == ("hung", {})
    whole = commands.hang(pool.keys, "c", b"t", [tie("x")], whole=True)
    hung, changed = pool.watch(whole)
    assert (hung, [*changed]) == ("hung", ["events"])


@pytest.mark.parametrize("met", [False, True])
def test_a_parent_that_is_taken_away_counts_no_more(met: bool, pool: Pool) -> None:
    waiting(pool)
    pool.ask(commands.hang(pool.keys, "c", b"t", [tie("x")], whole=True))
    if met:
        pool.ask(commands.trigger(pool.keys, [end("x")]))
    fewer = commands.hang(pool.keys, "c", b"t", [], ["other/x", "other/unknown"], whole=False)

    hung, changed = pool.watch(fewer)

    assert hung == "hung"
    assert changed["parents:c"] == {"other/x": GONE}
    assert (pool.field("c", "parents"), pool.field("c", "awaits")) == (1, 1)
    assert ("inputs:c" in changed) is met
    assert pool.watch(fewer) == ("hung", {})
    assert pool.ask(commands.trigger(pool.keys, [end("x", NEVER_CAME)])) == 0
    assert pool.ask(commands.trigger(pool.keys, [end("p")])) == 1
    assert pool.field("c", "state") == State.QUEUED


def test_a_task_that_waits_no_more_or_for_nothing_is_refused(pool: Pool) -> None:
    waiting(pool)
    alone = commands.hang(pool.keys, "c", b"t", [], ["other/p"], whole=True)
    assert pool.watch(alone) == ("refused", {})
    pool.ask(commands.trigger(pool.keys, [end("p")]))

    command = commands.hang(pool.keys, "c", b"t", [tie("x")], whole=True)

    assert pool.watch(command) == ("refused", {})


def test_another_submission_is_left_alone(pool: Pool) -> None:
    waiting(pool)

    for task_id, token in (("c", b"u"), ("d", b"t")):
        command = commands.hang(pool.keys, task_id, token, [tie("x")], whole=True)
        assert pool.watch(command) == ("missing", {})
    pool.make_newer("c")
    assert pool.ask(commands.hang(pool.keys, "c", b"t", [tie("x")], whole=True)) == "newer"
    pool.make_unreadable("c")
    assert pool.ask(commands.hang(pool.keys, "c", b"t", [tie("x")], whole=True)) == "missing"
