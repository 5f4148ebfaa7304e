"""`log`: appends lines to running tasks; a claim that has ended writes nothing."""

from skedulr import commands
from tests.scripts.snapshot import fields
from tests.scripts.support import Pool


def test_lines_are_appended_in_their_order(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    lost, changed = pool.watch(commands.log(pool.keys, [("a", epoch, [b"1", b"2"])]))
    assert lost == []
    assert changed == {"log:a": ["1", "2"], "tasks": {"a": fields(logged=1)}}

    _, changed = pool.watch(commands.log(pool.keys, [("a", epoch, [b"3"])]))
    assert changed == {"log:a": ["1", "2", "3"]}


def test_the_newest_1000_lines_are_kept(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch
    pool.ask(commands.log(pool.keys, [("a", epoch, [b"old"])]))
    lines = [str(n).encode() for n in range(1000)]

    pool.ask(commands.log(pool.keys, [("a", epoch, lines)]))

    assert pool.redis.lrange(pool.name("log:a"), 0, -1) == lines


def test_several_tasks_write_in_one_call_and_those_without_a_claim_are_named(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b", "unreadable", "queued")
    first, second, third = pool.claim(3)
    pool.make_unreadable("unreadable")
    lines = [
        ("a", first.epoch, [b"1"]),
        ("b", second.epoch - 1, [b"2"]),
        ("unreadable", third.epoch, [b"3"]),
        ("queued", pool.field("queued", "epoch"), [b"4"]),
        ("missing", 1, [b"5"]),
    ]

    lost, changed = pool.watch(commands.log(pool.keys, lines))

    assert lost == ["b", "unreadable", "queued", "missing"]
    assert changed == {"log:a": ["1"], "tasks": {"a": fields(logged=1)}}


def test_no_lines_change_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    assert pool.watch(commands.log(pool.keys, [("a", epoch, [])])) == ([], {})


def test_an_ended_task_writes_nothing_more(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    pool.finish(claim)

    assert pool.watch(commands.log(pool.keys, [("a", claim.epoch, [b"1"])])) == (["a"], {})


def test_1000_tasks_write_in_a_call(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most)])
    lines = [(claim.id, claim.epoch, [b"1"]) for claim in pool.claim(most)]

    lost, changed = pool.watch(commands.log(pool.keys, lines))

    assert lost == []
    assert len(changed) == most + 1
