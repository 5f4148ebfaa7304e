"""`exchange`: what is due comes in on the way, and what should not be in the queue goes."""

import msgpack
import pytest

from skedulr import commands
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import NEWER, NOW, SECOND, UNREADABLE, Pool, score

# --- due tasks -----------------------------------------------------------------------------------


def test_a_due_task_is_promoted_and_claimed_in_one_trip(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", delay_ms=SECOND)
    now = pool.pass_time(SECOND)

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert [claim.id for claim in reply.claims] == ["a"]
    assert changed["due"] == {"a": GONE}
    assert "ready" not in changed
    assert changed["tasks"]["a"] == fields(
        state=State.RUNNING, score=score(1), epoch=now, owner="w1", ready_at=now, started_at=now
    )
    assert changed["counted"] == {"started": 1}


def test_a_promoted_task_stands_behind_its_equals_and_before_lower_ones(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("due-low", delay_ms=1)
    pool.submit("due-high", priority=1, delay_ms=2)
    pool.submit("low")
    pool.submit("high", priority=1)
    pool.pass_time(SECOND)

    claims = pool.claim(4)

    assert [claim.id for claim in claims] == ["high", "due-high", "low", "due-low"]


def test_the_worker_is_told_when_the_next_task_is_due(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", delay_ms=2 * SECOND)
    pool.submit("b", delay_ms=SECOND)

    assert pool.ask(pool.next_exchange("w1", free=1)).next_at_ms == NOW + SECOND


def test_more_is_said_when_more_than_100_are_due(pool: Pool) -> None:
    pool.join("w1")
    pool.submit(*[f"t{n}" for n in range(101)], delay_ms=SECOND)
    pool.pass_time(SECOND)

    first = pool.ask(pool.next_exchange("w1"))
    second = pool.ask(pool.next_exchange("w1"))

    assert (first.more, second.more) == (True, False)
    assert len(pool.queue()) == 101


# --- what should not be there --------------------------------------------------------------------


def test_an_expired_task_is_cancelled_instead_of_started(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", expires_in_ms=SECOND)
    pool.submit("b")
    now = pool.pass_time(SECOND)

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert [claim.id for claim in reply.claims] == ["b"]
    assert changed["tasks"]["a"] == fields(state=State.CANCELLED, finished_at=now, reason="expired")
    assert changed["ready"] == {"a": GONE, "b": GONE}
    assert changed["done:cancelled"] == {"a": now}
    assert changed["counted"]["cancelled"] == 1


def test_a_task_that_has_started_before_does_not_expire(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b", expires_in_ms=SECOND)
    retried, released = pool.claim(2)
    pool.finish(retried, state=State.SCHEDULED)
    pool.ask(commands.release(pool.keys, "w1", [(released.id, released.epoch)]))
    pool.pass_time(SECOND)

    assert [claim.id for claim in pool.claim(2)] == ["b", "a"]


def test_an_id_without_a_record_leaves_the_queue(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.redis.hdel(pool.keys.tasks, "a")

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert [claim.id for claim in reply.claims] == ["b"]
    assert changed["ready"] == {"a": GONE, "b": GONE}


def test_an_id_whose_task_stands_elsewhere_leaves_the_queue(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()
    pool.redis.zadd(pool.keys.ready, {"a": 0})

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert reply.claims == []
    assert changed["ready"] == {"a": GONE}
    assert not pool.marked(), "a marker for what nobody can claim would wake workers for ever"


@pytest.mark.parametrize(
    "data",
    [
        UNREADABLE,
        b"text",
        msgpack.packb([]),
        msgpack.packb([1, 3, "too short"]),
        msgpack.packb([NEWER, 3, "too short for any format"]),
        msgpack.packb(["1", 3, *[0] * 26]),
        msgpack.packb([1, 99, *[0] * 26]),
        msgpack.packb([1, 3, *[0] * 26])[:-1],
    ],
    ids=["unused", "text", "empty", "short", "newer and short", "no version", "no state", "cut"],
)
def test_bytes_that_are_no_record_become_a_dead_task_that_keeps_them(
    pool: Pool, data: bytes
) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.make_unreadable("a", data)

    reply, changed = pool.watch(pool.next_exchange("w1", free=1))

    assert [claim.id for claim in reply.claims] == ["b"]
    assert changed["ready"] == {"a": GONE, "b": GONE}
    assert changed["done:dead"] == {"a": NOW}
    assert changed["counted"]["dead"] == 1
    dead = changed["tasks"]["a"]
    assert (dead["state"], dead["reason"]) == (State.DEAD, "unreadable")
    assert (dead["job"], dead["body"]) == ("?", data)


def test_a_newer_record_steps_aside_for_those_who_can_read_it_and_is_not_lost(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.make_newer("a")

    reply, changed = pool.watch(pool.next_exchange("w1", free=2))

    assert [claim.id for claim in reply.claims] == ["b"]
    assert changed["ready"] == {"a": GONE, "b": GONE}
    assert changed["held:wire:2:job:job"] == {"a": score(1)}
    assert changed["gates"] == {"wire:2:job:job": 0}
    assert pool.field("a", "state") == State.QUEUED
    assert pool.field("a", "gate") == "wire:2:job:job"
    assert b"a field of the future" in pool.redis.hget(pool.keys.tasks, "a")
    assert not pool.marked()
