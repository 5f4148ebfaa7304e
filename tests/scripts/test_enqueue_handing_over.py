"""`enqueue`: a task that nothing stands before goes to an idle instance in the same step."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import commands
from skedulr.commands import Ack, Claim, Handed
from skedulr.record import INLINE_LIMIT
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import LEASE, NOTHING, SECOND, Pool, score, submission, wake


def find_nothing(pool: Pool, *instances: str, free: int = 1) -> None:
    """Let these instances exchange, and become idle one after the other."""
    for name in instances:
        assert pool.ask(pool.next_exchange(name, free)) == NOTHING
        pool.pass_time(1)


def idle(pool: Pool, *instances: str) -> None:
    """Let these instances join, and become idle one after the other."""
    for name in instances:
        pool.join(name)
    find_nothing(pool, *instances)


def test_an_idle_instance_is_told_the_claim_that_its_next_exchange_would_bring(pool: Pool) -> None:
    idle(pool, "w1")
    now = pool.pass_time(SECOND)

    with pool.listening("w1") as heard:
        reply, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", ttl_ms=SECOND)]))

        assert heard() == [Handed(2, Claim("a", "job", now + 1, 0, b"body"))]
    assert reply == []
    assert changed == {
        "tasks": {
            "a": pool.snapshot()["tasks"]["a"]
            | {
                "state": State.RUNNING,
                "score": score(1),
                "epoch": now + 1,
                "enqueued_at": now,
                "started_at": now,
                "owner": "w1",
            }
        },
        "meta": {"seq": 1},
        "running": {"a": now},
        "own:w1": {"a": f"{now + 1} 2"},
        "lease": {"w1": now + LEASE},
        "inst": {"w1": {"number": 2, "gave": ["a", now + 1]}},
        "idle": {"w1": GONE},
        "counted": {"enqueued": 1, "started": 1},
    }


def test_the_exchange_of_that_number_answers_the_same_if_the_message_is_lost(pool: Pool) -> None:
    idle(pool, "w1")
    with pool.listening("w1") as heard:
        pool.submit("a")
        (handed,) = heard()

    again = pool.next_exchange("w1", free=1)

    assert pool.ask(again).claims == [handed.claim]
    assert pool.ask(again).claims == [handed.claim]


def test_that_exchange_acknowledges_nothing_since_nothing_was_owned(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.lose_lease("w1")
    pool.join("w2")
    pool.finish(pool.claim_one(instance="w2"), instance="w2")
    find_nothing(pool, "w1")
    with pool.listening("w1"):
        pool.submit("b")

    reply = pool.ask(pool.next_exchange("w1", 1, [Ack("a", epoch, State.FAILED)]))

    assert [claim.id for claim in reply.claims] == ["b"]
    assert pool.field("a", "state") == State.SUCCEEDED


def test_who_was_idle_first_is_told_first_and_once(pool: Pool) -> None:
    idle(pool, "w2", "w1", "w3")

    with pool.listening("w1", "w2", "w3"):
        pool.submit("a", "b")

    assert [pool.field(task, "owner") for task in ("a", "b")] == ["w2", "w1"]
    assert pool.idle() == ["w3"]


def test_who_does_not_listen_is_passed_over_and_not_thought_to_be_idle_any_more(pool: Pool) -> None:
    idle(pool, "gone", "w1", "w2")

    with pool.listening("w1", "w2"):
        pool.submit("a")

    assert pool.field("a", "owner") == "w1"
    assert pool.idle() == ["w2"]


def test_who_has_not_exchanged_for_so_long_that_it_must_be_gone_is_passed_over(pool: Pool) -> None:
    idle(pool, "frozen")
    pool.pass_time(8 * SECOND)
    idle(pool, "w1")

    with pool.listening("frozen", "w1"):
        pool.submit("a")

    assert pool.field("a", "owner") == "w1"
    assert pool.idle() == ["frozen"]


def test_where_nobody_listens_the_task_waits_beside_a_marker(pool: Pool) -> None:
    idle(pool, "w1", "w2")

    reply, changed = pool.watch(commands.enqueue(pool.keys, [submission("a")]))

    assert reply == []
    assert changed["ready"] == {"a": score(1)}
    assert changed[wake()] == {"go": 0}
    assert changed["idle"] == {"w1": GONE, "w2": GONE}


def test_who_does_not_know_the_job_is_passed_over(pool: Pool) -> None:
    pool.join("other", ["else"])
    find_nothing(pool, "other")
    idle(pool, "w1")

    with pool.listening("other", "w1"):
        pool.submit("a")

    assert pool.field("a", "owner") == "w1"
    assert pool.idle() == ["other"]


def test_who_runs_suspects_alone_is_told_nothing(pool: Pool) -> None:
    pool.join("alone", solo=True)
    find_nothing(pool, "alone")

    assert pool.idle() == []


def test_who_asks_for_nothing_is_not_idle(pool: Pool) -> None:
    idle(pool, "w1")

    find_nothing(pool, "w1", free=0)

    assert pool.idle() == []


def test_who_has_a_claim_is_not_idle(pool: Pool) -> None:
    idle(pool, "w1")
    pool.submit("a")
    claim = pool.claim_one()

    assert pool.ask(pool.next_exchange("w1", free=1)) == NOTHING
    assert pool.idle() == []
    assert pool.ask(pool.next_exchange("w1", 1, [Ack(claim.id, claim.epoch)])) == NOTHING
    assert pool.idle() == ["w1"]


def test_who_leaves_is_not_idle(pool: Pool) -> None:
    idle(pool, "w1")

    pool.ask(commands.leave(pool.keys, "w1"))

    assert pool.idle() == []


def test_who_joins_again_is_still_told_under_the_next_number(pool: Pool) -> None:
    idle(pool, "w1")
    with pool.listening("w1"):
        pool.submit("a")

    pool.join("w1")

    assert [claim.id for claim in pool.ask(pool.next_exchange("w1", 1)).claims] == ["a"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"delay_ms": SECOND}, "due"),
        ({"parents": (("pool/parent", 1, 0),)}, "waiting"),
        ({"body": b"x" * (INLINE_LIMIT + 1)}, "ready"),
        ({"job": "unknown"}, "held:job:unknown"),
    ],
    ids=["is delayed", "has parents", "is large", "is known to nobody"],
)
def test_a_task_is_not_handed_over_that(pool: Pool, given: dict[str, Any], place: str) -> None:
    idle(pool, "w1")

    with pool.listening("w1") as heard:
        pool.submit("a", **given)

        assert heard() == []
    assert pool.queue(place) == ["a"]
    assert pool.idle() == ["w1"]


def test_a_task_with_all_that_may_be_said_of_it_is_handed_over(pool: Pool) -> None:
    idle(pool, "w1")

    with pool.listening("w1"):
        pool.submit("a", key="k", token=b"t", expires_in_ms=SECOND, group="g", priority=7)

    assert pool.field("a", "owner") == "w1"
    assert pool.redis.hget(pool.keys.keys, "k") == b"a"


def test_nothing_is_handed_over_past_a_task_that_waits(pool: Pool) -> None:
    pool.submit("first")
    pool.join("w1")
    pool.control(pool_paused=1)
    find_nothing(pool, "w1")
    pool.control(pool_paused=0)
    pool.redis.delete(pool.name(wake()))  # somebody has taken it, and died

    with pool.listening("w1") as heard:
        pool.submit("second", priority=1000)

        assert heard() == []
    assert pool.queue() == ["second", "first"]


def test_nothing_is_handed_over_past_a_gate(pool: Pool) -> None:
    pool.join("other", ["else"])
    pool.submit("gated", job="job")
    pool.join("both", ["else", "job"])
    pool.control(pool_paused=1)
    find_nothing(pool, "other")
    pool.control(pool_paused=0)
    pool.redis.delete(pool.name(wake("else")))

    with pool.listening("other") as heard:
        pool.submit("next", job="else")

        assert heard() == []


@pytest.mark.parametrize("settings", [{"pool_paused": 1}, {"paused": 1}, {"limit": 0}])
def test_nothing_is_handed_over_where_nothing_may_run(pool: Pool, settings: dict[str, int]) -> None:
    idle(pool, "w1")
    pool.control(**settings)

    with pool.listening("w1") as heard:
        pool.submit("a")

        assert heard() == []
    assert pool.queue() == ["a"]


def test_the_limit_of_a_pool_counts_what_is_handed_over(pool: Pool) -> None:
    idle(pool, "w1", "w2")
    pool.control(limit=1)

    with pool.listening("w1", "w2"):
        pool.submit("a", "b")

    assert pool.field("a", "state") == State.RUNNING
    assert pool.field("b", "state") == State.QUEUED


def test_the_limit_of_a_job_counts_what_is_handed_over(pool: Pool) -> None:
    idle(pool, "w1", "w2")
    pool.limit("job", 1)

    with pool.listening("w1", "w2"):
        pool.submit("a", "b")

    assert pool.queue("limited:job") == ["a"]
    assert pool.field("b", "state") == State.QUEUED


def test_several_tasks_at_once_wake_a_worker_which_takes_them_together(pool: Pool) -> None:
    idle(pool, "w1")

    with pool.listening("w1") as heard:
        pool.ask(commands.enqueue(pool.keys, [submission("a"), submission("b")]))

        assert heard() == []
    assert pool.marked()
    assert pool.queue() == ["a", "b"]


def test_the_same_submission_again_hands_nothing_over(pool: Pool) -> None:
    idle(pool, "w1", "w2")
    again = commands.enqueue(pool.keys, [submission("a")])

    with pool.listening("w1", "w2") as heard:
        pool.ask(again)
        assert [refusal.outcome for refusal in pool.ask(again)] == ["same"]

        assert len(heard()) == 1
    assert pool.idle() == ["w2"]


def test_an_instance_that_reads_only_an_older_format_is_passed_over(pool: Pool) -> None:
    idle(pool, "w1")
    for name, text in pool.redis.hgetall(pool.keys.classes).items():
        pool.redis.hset(pool.keys.classes, name, b"0" + text[1:])

    with pool.listening("w1") as heard:
        pool.submit("a")

        assert heard() == []
