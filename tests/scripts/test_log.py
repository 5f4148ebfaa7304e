"""`log`: appends lines to running tasks; a claim that has ended writes nothing."""

from skedulr import commands
from skedulr.states import State
from tests.scripts.snapshot import fields
from tests.scripts.support import Pool


def test_lines_are_appended_in_their_order(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    lost, changed = pool.watch(commands.log(pool.keys, [("a", epoch, 0, [b"1", b"2"])]))
    assert lost == []
    assert changed == {"log:a": ["1", "2"], "tasks": {"a": fields(logged=3)}}

    _, changed = pool.watch(commands.log(pool.keys, [("a", epoch, 2, [b"3"])]))
    assert changed == {"log:a": ["1", "2", "3"], "tasks": {"a": fields(logged=4)}}


def test_the_newest_1000_lines_are_kept(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch
    pool.ask(commands.log(pool.keys, [("a", epoch, 0, [b"old"])]))
    lines = [str(n).encode() for n in range(1000)]

    pool.ask(commands.log(pool.keys, [("a", epoch, 1, lines)]))

    assert pool.redis.lrange(pool.name("log:a"), 0, -1) == lines


def test_several_tasks_write_in_one_call_and_those_without_a_claim_are_named(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b", "unreadable", "queued")
    first, second, third = pool.claim(3)
    pool.make_unreadable("unreadable")
    lines = [
        ("a", first.epoch, 0, [b"1"]),
        ("b", second.epoch - 1, 0, [b"2"]),
        ("unreadable", third.epoch, 0, [b"3"]),
        ("queued", pool.field("queued", "epoch"), 0, [b"4"]),
        ("missing", 1, 0, [b"5"]),
    ]

    lost, changed = pool.watch(commands.log(pool.keys, lines))

    assert lost == ["b", "unreadable", "queued", "missing"]
    assert changed == {"log:a": ["1"], "tasks": {"a": fields(logged=2)}}


def test_no_lines_change_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    assert pool.watch(commands.log(pool.keys, [("a", epoch, 0, [])])) == ([], {})


def test_an_ended_task_writes_nothing_more(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    pool.finish(claim)

    assert pool.watch(commands.log(pool.keys, [("a", claim.epoch, 0, [b"1"])])) == (["a"], {})


def test_1000_tasks_write_in_a_call(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most)])
    lines = [(claim.id, claim.epoch, 0, [b"1"]) for claim in pool.claim(most)]

    lost, changed = pool.watch(commands.log(pool.keys, lines))

    assert lost == []
    assert len(changed) == most + 1


def test_lines_that_are_sent_again_are_written_once(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch
    first = commands.log(pool.keys, [("a", epoch, 0, [b"1", b"2"])])
    pool.ask(first)

    assert pool.watch(first) == ([], {})
    _, changed = pool.watch(commands.log(pool.keys, [("a", epoch, 1, [b"2", b"3"])]))
    assert changed == {"log:a": ["1", "2", "3"], "tasks": {"a": fields(logged=4)}}
    assert pool.watch(first) == ([], {}), "a late one changes nothing"


def test_lines_may_be_left_out(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    pool.ask(commands.log(pool.keys, [("a", epoch, 7, [b"8"])]))

    _, changed = pool.watch(commands.log(pool.keys, [("a", epoch, 8, [b"9"])]))
    assert changed == {"log:a": ["8", "9"], "tasks": {"a": fields(logged=10)}}


def test_the_next_claim_counts_its_lines_from_the_first(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    pool.ask(commands.log(pool.keys, [("a", claim.epoch, 0, [b"1", b"2"])]))
    pool.finish(claim, state=State.SCHEDULED)

    again = pool.claim_one()
    assert pool.field("a", "logged") == 1, "it has lines, and none of this claim"
    _, changed = pool.watch(commands.log(pool.keys, [("a", again.epoch, 0, [b"3"])]))

    assert changed == {"log:a": ["1", "2", "3"], "tasks": {"a": fields(logged=2)}}
