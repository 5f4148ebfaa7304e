"""`exchange`: claims what an instance may run, once for each number, in the order of the queue."""

import pytest
from redis.exceptions import ResponseError

from skedulr import commands
from skedulr.commands import Ack, Exchanged
from skedulr.record import INLINE_LIMIT
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import LEASE, NEWER, NOTHING, NOW, SECOND, Pool, wake


def test_a_claim_takes_the_task_out_of_the_queue_and_puts_it_under_the_lease_of_the_instance(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit("a")
    now = pool.pass_time(SECOND)

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert reply.status == "ok"
    assert reply.claims == [("a", "job", now, 0, b"body")]
    assert changed == {
        "ready": {"a": GONE},
        "running": {"a": now},
        "tasks": {"a": {"state": State.RUNNING, "epoch": now, "owner": "w1", "started_at": now}},
        "own:w1": {"a": f"{now} 1"},
        "lease": {"w1": now + LEASE},
        "inst": {"w1": {"number": 1, "gave": ["a", now]}},
        "seen": {"w1": now},
        wake(): {"go": GONE},
        "counted": {"started": 1, "waited_ms": SECOND},
    }


def test_an_exchange_that_finds_nothing_says_so_and_holds_no_lease(pool: Pool) -> None:
    pool.join("w1")
    now = pool.pass_time(SECOND)

    reply, changed = pool.watch(pool.next_exchange("w1", free=10))

    assert reply == NOTHING
    assert changed == {"inst": {"w1": {"number": 1}}, "idle": {"w1": now}, "seen": {"w1": now}}


def test_the_epoch_rises_with_every_claim_also_when_the_clock_stands_or_falls(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")

    assert pool.field("a", "epoch") == NOW
    first = pool.claim_one()
    pool.ask(commands.release(pool.keys, "w1", [("a", first.epoch)]))
    pool.pass_time(-SECOND)
    second = pool.claim_one()
    pool.ask(commands.release(pool.keys, "w1", [("a", second.epoch)]))
    pool.pass_time(5 * SECOND)
    third = pool.claim_one()

    assert [first.epoch, second.epoch, third.epoch] == [NOW + 1, NOW + 2, NOW + 4 * SECOND]


def test_claims_come_in_the_order_of_priority_then_of_arrival(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("low-1")
    pool.submit("high-1", priority=5)
    pool.submit("low-2")
    pool.submit("high-2", priority=5)

    claims = pool.claim(3)

    assert [claim.id for claim in claims] == ["high-1", "high-2", "low-1"]
    assert pool.queue() == ["low-2"]
    assert pool.marked(), "another worker can claim what is left"


def test_a_body_that_lives_apart_comes_with_the_claim(pool: Pool) -> None:
    pool.join("w1")
    large = b"\xff" * (INLINE_LIMIT + 1)
    pool.submit("a", body=large)
    pool.submit("b")

    reply, changed = pool.watch(pool.next_exchange("w1", free=2))

    assert [claim.body for claim in reply.claims] == [large, b"body"]
    assert "payloads" not in changed
    assert "body" not in changed["tasks"]["a"]


def test_a_call_ends_1000_claims_and_makes_1000_others(pool: Pool) -> None:
    most = commands.MOST_TASKS
    pool.join("w1")
    pool.submit(*[f"t{n}" for n in range(2 * most + 1)])
    acks = [Ack(claim.id, claim.epoch, result=b"r") for claim in pool.claim(most)]

    reply, changed = pool.watch(pool.next_exchange("w1", free=2 * most, acks=acks))

    assert reply.lost == []
    assert [claim.id for claim in reply.claims] == [f"t{n}" for n in range(most, 2 * most)]
    assert len(changed["done:succeeded"]) == len(changed["results"]) == most
    assert len(changed["own:w1"]) == 2 * most
    assert changed["counted"]["succeeded"] == changed["counted"]["started"] == most
    assert pool.queue() == [f"t{2 * most}"]


# --- numbers -------------------------------------------------------------------------------------


def test_an_instance_that_the_pool_does_not_know_has_to_join(pool: Pool) -> None:
    pool.submit("a")

    assert pool.watch(pool.next_exchange("w1", free=1)) == (Exchanged("unknown"), {})


def test_an_instance_whose_class_is_gone_has_to_join(pool: Pool) -> None:
    pool.join("w1")
    pool.redis.delete(pool.keys.classes)

    assert pool.watch(pool.next_exchange("w1", free=1)) == (Exchanged("unknown"), {})


def test_the_same_number_gets_the_same_tasks_and_ends_nothing_twice(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b", "c")
    acks = [Ack("a", pool.claim_one().epoch)]
    exchange = pool.next_exchange("w1", free=1, acks=acks)
    first = pool.ask(exchange)
    now = pool.pass_time(SECOND)

    again, changed = pool.watch(exchange)

    assert again.claims == first.claims
    assert [claim.id for claim in again.claims] == ["b"]
    assert changed == {"seen": {"w1": now}, "lease": {"w1": now + LEASE}}


def test_the_same_number_does_not_get_what_it_has_lost_since(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    exchange = pool.next_exchange("w1", free=2)
    first = pool.ask(exchange)
    pool.ask(commands.release(pool.keys, "w1", [("a", first.claims[0].epoch)]))

    again, changed = pool.watch(exchange)

    assert [claim.id for claim in again.claims] == ["b"]
    assert changed == {"inst": {"w1": {"gave": ["b", first.claims[1].epoch]}}}


def test_the_same_number_does_not_get_a_task_that_was_claimed_again_by_the_same_instance(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit("a")
    first = pool.next_exchange("w1", free=1)
    epoch = pool.ask(first).claims[0].epoch
    pool.ask(commands.release(pool.keys, "w1", [("a", epoch)]))
    pool.claim_one()

    assert pool.watch(first) == (Exchanged("stale"), {})


def test_a_lower_number_is_stale_and_changes_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    late = pool.next_exchange("w1", free=1)
    pool.ask(pool.next_exchange("w1", free=1))

    assert pool.watch(late) == (Exchanged("stale"), {})


def test_numbers_may_have_gaps(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")

    reply = pool.ask(commands.exchange(pool.keys, "w1", 1000, 1, []))

    assert [claim.id for claim in reply.claims] == ["a"]


# --- pause and limits of the pool ----------------------------------------------------------------


@pytest.mark.parametrize("setting", ["paused", "pool_paused"])
def test_a_paused_pool_gives_nothing_but_takes_acknowledgements(pool: Pool, setting: str) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    claim = pool.claim_one()
    pool.control(**{setting: 1})

    reply, changed = pool.watch(pool.next_exchange("w1", free=1, acks=[Ack("a", claim.epoch)]))

    assert reply == NOTHING
    assert changed["done:succeeded"] == {"a": NOW}
    assert "ready" not in changed


def test_no_more_tasks_run_at_once_than_the_pool_allows(pool: Pool) -> None:
    pool.join("w1")
    pool.join("w2")
    pool.submit("a", "b", "c", "d")
    pool.control(limit=2)

    assert [claim.id for claim in pool.ask(pool.next_exchange("w1", free=9)).claims] == ["a", "b"]
    assert not pool.marked()
    assert pool.ask(pool.next_exchange("w2", free=9)).claims == []
    assert not pool.marked(), "nobody is woken while nobody may claim"


def test_what_ends_in_an_exchange_makes_room_in_it(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.control(limit=1)
    claim = pool.claim_one()

    reply = pool.ask(pool.next_exchange("w1", free=1, acks=[Ack("a", claim.epoch)]))

    assert [claim.id for claim in reply.claims] == ["b"]


def test_a_pool_of_a_newer_format_is_not_touched(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.redis.hset(pool.keys.meta, "format", NEWER)
    before = pool.snapshot()

    with pytest.raises(ResponseError, match="UPGRADE"):
        pool.ask(pool.next_exchange("w1", free=1))

    assert pool.changes(before, pool.snapshot()) == {}
