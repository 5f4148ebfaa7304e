"""`progress`: keeps the newest progress of running tasks; a claim that has ended writes nothing."""

from skedulr import commands
from tests.scripts.snapshot import GONE
from tests.scripts.support import MINUTE, Pool


def test_the_newest_progress_is_kept(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, second = pool.claim(2)
    reports = [("a", first.epoch, b"\xff 1"), ("b", second.epoch, b"2")]

    lost, changed = pool.watch(commands.progress(pool.keys, reports))
    assert lost == []
    assert changed == {"progress": {"a": b"\xff 1", "b": b"2"}}

    reports = [("a", first.epoch, b"3"), ("a", first.epoch, b"4")]
    _, changed = pool.watch(commands.progress(pool.keys, reports))
    assert changed == {"progress": {"a": b"4"}}


def test_only_the_claim_that_is_named_can_report(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "unreadable", "ended", "queued")
    a, unreadable, ended = pool.claim(3)
    pool.make_unreadable("unreadable")
    pool.finish(ended)
    reports = [
        ("a", a.epoch - 1, b"1"),
        ("unreadable", unreadable.epoch, b"1"),
        ("ended", ended.epoch, b"1"),
        ("queued", pool.field("queued", "epoch"), b"1"),
        ("missing", 1, b"1"),
    ]

    lost, changed = pool.watch(commands.progress(pool.keys, reports))

    assert lost == ["a", "unreadable", "ended", "queued", "missing"]
    assert changed == {}


def test_progress_stays_when_the_task_has_ended_and_goes_with_the_record(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", ttl_ms=1)
    claim = pool.claim_one()
    pool.ask(commands.progress(pool.keys, [("a", claim.epoch, b"1")]))

    pool.finish(claim)
    assert pool.snapshot()["progress"] == {"a": b"1"}

    pool.pass_time(MINUTE)
    _, changed = pool.watch(commands.trim(pool.keys))
    assert changed["progress"] == {"a": GONE}


def test_1000_tasks_report_in_a_call(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most)])
    reports = [(claim.id, claim.epoch, b"1") for claim in pool.claim(most)]

    lost, changed = pool.watch(commands.progress(pool.keys, reports))

    assert lost == []
    assert len(changed["progress"]) == most
