"""`link` enters children with their parents, there or not."""

import pytest

from skedulr import commands
from skedulr.commands import Bond, Ended, On
from skedulr.states import State
from tests.scripts.snapshot import fields
from tests.scripts.support import DAY, NOW, Pool


def bond(parent: str, takes: int = 0) -> Bond:
    """`other/c` hangs on a task of this pool."""
    return Bond(parent, "other/c", b"\xfftoken", On.SUCCESS, takes)


def test_a_live_parent_is_told_to_tell(pool: Pool) -> None:
    pool.submit("p")

    ended, changed = pool.watch(commands.link(pool.keys, [bond("p", takes=1)]))

    assert ended == []
    assert changed == {
        "tasks": {"p": fields(linked=1)},
        "children:p": {"other/c": [b"\xfftoken", On.SUCCESS, 1]},
    }


def test_again_it_changes_nothing(pool: Pool) -> None:
    pool.submit("p")
    pool.ask(commands.link(pool.keys, [bond("p")]))

    assert pool.watch(commands.link(pool.keys, [bond("p")])) == ([], {})


def test_who_has_ended_says_so_with_its_result_where_it_is_taken(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("good", "bad")
    good, bad = pool.claim(2)
    pool.finish(good, result=b"r")
    pool.finish(bad, state=State.FAILED)

    asked = [bond("good"), bond("missing"), bond("good", takes=1), bond("bad", takes=1)]
    ended = pool.ask(commands.link(pool.keys, asked))

    assert ended == [
        Ended(0, State.SUCCEEDED, good.epoch, b""),
        Ended(2, State.SUCCEEDED, good.epoch, b"r"),
        Ended(3, State.FAILED, bad.epoch, b""),
    ]


def test_a_parent_that_is_not_there_is_waited_for(pool: Pool) -> None:
    _, changed = pool.watch(commands.link(pool.keys, [bond("p")]))

    assert changed == {
        "orphans": {"p": NOW + 7 * DAY},
        "children:p": {"other/c": [b"\xfftoken", On.SUCCESS, 0]},
    }
    pool.submit("p", token=b"custom")
    assert pool.field("p", "linked") == 1
    assert "orphans" not in pool.snapshot()


def test_an_end_that_was_not_told_yet_stays_untold(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("p", flow="pool/f")
    pool.finish(pool.claim_one())

    pool.ask(commands.link(pool.keys, [bond("p")]))

    assert pool.field("p", "linked") == 2


@pytest.mark.parametrize("kind", ["newer", "unreadable"])
def test_a_record_that_this_code_cannot_read_keeps_its_bytes(pool: Pool, kind: str) -> None:
    pool.submit("p")
    if kind == "newer":
        pool.make_newer("p")
    else:
        pool.make_unreadable("p")
        before = pool.redis.hget(pool.keys.tasks, "p")

    assert pool.ask(commands.link(pool.keys, [bond("p")])) == []

    if kind == "newer":
        assert pool.field("p", "linked") == 1
    else:
        assert pool.redis.hget(pool.keys.tasks, "p") == before
        pool.join("w1")
        pool.ask(pool.next_exchange(free=1))
        assert pool.snapshot()["events"] == [{"kind": "ended", "id": "p", "epoch": 0}]
