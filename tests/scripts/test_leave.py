"""`leave`: what a stopped or dead instance owned goes back, and the pool forgets the instance."""

from skedulr import commands
from skedulr.commands import Left
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import SECOND, Pool, score, wake

PROBLEM = b"\x81\xa6signal\t"


def test_an_instance_that_stops_leaves_its_tasks_in_their_places(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    pool.pass_time(SECOND)

    left, changed = pool.watch(commands.leave(pool.keys, "w1"))

    assert left == Left(more=False, back=1, suspects=0)
    assert changed == {
        "running": {"a": GONE},
        "own:w1": {"a": GONE},
        "lease": {"w1": GONE},
        "inst": {"w1": GONE},
        "seen": {"w1": GONE},
        "ready": {"a": score(1)},
        "tasks": {"a": fields(state=State.QUEUED, ended=claim.epoch)},
        wake(): {"go": 0},
        "counted": {"released": 1},
    }


def test_an_idle_instance_only_vanishes(pool: Pool) -> None:
    pool.join("w1")

    left, changed = pool.watch(commands.leave(pool.keys, "w1"))

    assert left == Left(more=False, back=0, suspects=0)
    assert changed == {"inst": {"w1": GONE}, "seen": {"w1": GONE}}


def test_a_lease_on_nothing_ends(pool: Pool) -> None:
    pool.join("w1")
    pool.redis.zadd(pool.keys.lease, {"w1": pool.now})

    _, changed = pool.watch(commands.leave(pool.keys, "w1"))

    assert changed["lease"] == {"w1": GONE}


def test_leaving_again_changes_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.ask(commands.leave(pool.keys, "w1"))

    assert pool.watch(commands.leave(pool.keys, "w1")) == (Left(False, 0, 0), {})


def test_what_nobody_can_read_becomes_dead(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()
    pool.make_unreadable("a")

    left, changed = pool.watch(commands.leave(pool.keys, "w1"))

    assert left == Left(more=False, back=0, suspects=0)
    assert changed["running"] == changed["own:w1"] == {"a": GONE}
    assert changed["done:dead"] == {"a": pool.now}


def test_an_entry_that_fits_no_claim_is_dropped(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.redis.hset(pool.name("own:w1"), mapping={"a": "7 1", "missing": "7 1"})

    left, changed = pool.watch(commands.leave(pool.keys, "w1", crashed=True))

    assert left == Left(more=False, back=0, suspects=0)
    assert changed == {
        "own:w1": {"a": GONE, "missing": GONE},
        "inst": {"w1": GONE},
        "seen": {"w1": GONE},
    }


def test_more_than_1000_tasks_go_back_in_several_calls(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most + 1)])
    pool.claim(most)
    pool.claim(1)

    first, changed = pool.watch(commands.leave(pool.keys, "w1"))
    assert first == Left(more=True, back=most, suspects=0)
    assert "inst" not in changed
    assert "lease" not in changed

    second, changed = pool.watch(commands.leave(pool.keys, "w1"))
    assert second == Left(more=False, back=1, suspects=0)
    assert changed["inst"] == changed["lease"] == {"w1": GONE}
    assert pool.queue() == [f"t{n}" for n in range(most + 1)]
