"""`beat`: renews the lease, gives back what got lost on the way, and says what to stop."""

from skedulr import commands
from skedulr.commands import Beat
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import LEASE, SECOND, UNREADABLE, Pool, score, wake

FINE = Beat(known=True, lost=[], cancelled=[])


def test_the_lease_is_renewed_on_everything_at_once(pool: Pool) -> None:
    pool.join("w1", lease_ms=2 * LEASE)
    pool.submit("a", "b")
    holding = [(claim.id, claim.epoch) for claim in pool.claim(2)]
    now = pool.pass_time(SECOND)

    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 1, holding))

    assert reply == FINE
    assert changed == {"lease": {"w1": now + 2 * LEASE}, "seen": {"w1": now}}


def test_an_instance_that_owns_nothing_holds_no_lease(pool: Pool) -> None:
    pool.join("w1")
    now = pool.pass_time(SECOND)

    assert pool.watch(commands.beat(pool.keys, "w1", 0, [])) == (FINE, {"seen": {"w1": now}})


def test_an_instance_that_the_pool_does_not_know_has_to_join(pool: Pool) -> None:
    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 0, [("a", 1)]))

    assert reply == Beat(known=False)
    assert changed == {}


def test_a_task_whose_claim_never_reached_the_process_goes_back_to_its_place(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, second = pool.claim(2)

    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 1, [("b", second.epoch)]))

    assert reply == FINE
    assert changed == {
        "running": {"a": GONE},
        "own:w1": {"a": GONE},
        "ready": {"a": score(1)},
        "tasks": {"a": fields(state=State.QUEUED, ended=first.epoch)},
        wake(): {"go": 0},
        "counted": {"released": 1},
    }


def test_a_reply_that_is_still_on_its_way_is_waited_for(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()

    assert pool.watch(commands.beat(pool.keys, "w1", 0, [])) == (FINE, {})


def test_a_claim_that_the_instance_holds_and_no_longer_owns_is_lost(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, second = pool.claim(2)
    pool.ask(commands.release(pool.keys, "w1", [("a", first.epoch)]))
    holding = [("a", first.epoch), ("b", second.epoch), ("missing", 7)]

    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 1, holding))

    assert reply.lost == [("a", first.epoch), ("missing", 7)]
    assert changed == {}


def test_a_claim_of_a_task_that_the_process_still_holds_from_an_older_one_is_kept(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit("a")
    older = pool.claim_one()
    pool.lose_lease()
    newer = pool.claim_one()

    for holding in ([newer, older], [older, newer]):
        pairs = [(claim.id, claim.epoch) for claim in holding]
        reply, changed = pool.watch(commands.beat(pool.keys, "w1", 2, pairs))

        assert reply.lost == [("a", older.epoch)]
        assert changed == {}


def test_a_task_to_be_cancelled_is_named_with_every_beat(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, second = pool.claim(2)
    pool.ask(commands.cancel(pool.keys, "b"))
    beat = commands.beat(pool.keys, "w1", 1, [("a", first.epoch), ("b", second.epoch)])

    assert pool.ask(beat).cancelled == [("b", second.epoch)]
    assert pool.ask(beat).cancelled == [("b", second.epoch)]


def test_a_task_to_be_cancelled_that_never_reached_the_process_is_cancelled(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()
    pool.ask(commands.cancel(pool.keys, "a"))

    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 1, []))

    assert reply == FINE
    assert changed["tasks"]["a"]["state"] == State.CANCELLED
    assert changed["lease"] == {"w1": GONE}


def test_an_entry_that_fits_no_claim_is_dropped_and_the_lease_on_it_ends(pool: Pool) -> None:
    pool.join("w1")
    pool.redis.hset(pool.name("own:w1"), "missing", f"{pool.now} 1")
    pool.redis.zadd(pool.keys.lease, {"w1": pool.now})

    reply, changed = pool.watch(commands.beat(pool.keys, "w1", 1, []))

    assert reply == FINE
    assert changed == {"own:w1": {"missing": GONE}, "lease": {"w1": GONE}}


def test_a_claim_whose_record_nobody_can_read_becomes_dead(pool: Pool) -> None:
    pool.join("w1")
    pool.limit("job", 5)
    pool.submit("a")
    pool.claim_one()
    pool.make_unreadable("a")

    _, changed = pool.watch(commands.beat(pool.keys, "w1", 1, []))

    assert changed["running"] == {"a": GONE}
    assert changed["limited:job"] == {"a": GONE}
    assert changed["own:w1"] == {"a": GONE}
    assert changed["lease"] == {"w1": GONE}
    assert changed["done:dead"] == {"a": pool.now}
    assert changed["tasks"]["a"]["reason"] == "unreadable"
    assert changed["tasks"]["a"]["body"] == UNREADABLE


def test_a_beat_tells_when_the_next_task_is_due_and_that_suspects_wait(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.suspect()
    pool.submit("b", delay_ms=SECOND)

    reply = pool.ask(commands.beat(pool.keys, "w1", 0, []))

    assert (reply.next_at_ms, reply.suspects) == (pool.now + SECOND, True)


def test_a_beat_for_1000_tasks_gives_back_what_is_not_held(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most)])
    claims = pool.claim(most)
    pool.submit(*[f"u{n}" for n in range(most)])
    pool.claim(most)

    _, changed = pool.watch(
        commands.beat(pool.keys, "w1", 2, [(claim.id, claim.epoch) for claim in claims])
    )

    assert set(changed["ready"]) == {f"u{n}" for n in range(most)}
    assert len(pool.snapshot()["own:w1"]) == most
