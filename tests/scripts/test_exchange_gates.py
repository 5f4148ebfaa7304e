"""`exchange`: what an instance may not run steps aside to a gate, and keeps its place there."""

from skedulr import commands
from skedulr.commands import Ack
from tests.scripts.snapshot import GONE
from tests.scripts.support import Pool, score


def ids(pool: Pool, instance: str = "w1", free: int = 9, *acks: Ack) -> list[str]:
    """Exchange and name what was claimed."""
    return [claim.id for claim in pool.ask(pool.next_exchange(instance, free, acks)).claims]


def test_a_job_that_the_instance_does_not_know_waits_at_the_gate_of_the_job(pool: Pool) -> None:
    pool.submit("a", job="other")
    pool.submit("b")
    before = pool.snapshot()
    pool.join("w1", ["job"])

    claimed = ids(pool)
    changed = pool.changes(before, pool.snapshot())

    assert claimed == ["b"]
    assert changed["ready"] == {"a": GONE, "b": GONE}
    assert changed["held:job:other"] == {"a": score(1)}
    assert changed["gates"] == {"job:other": 0}
    assert changed["tasks"]["a"] == {"gate": "job:other"}


def test_an_instance_takes_the_best_head_of_the_queue_and_of_every_gate_open_to_it(
    pool: Pool,
) -> None:
    pool.join("w1", ["job"])
    pool.submit("a", job="x")
    pool.submit("b", job="y")
    pool.submit("c")
    pool.submit("d", job="x")
    pool.submit("e", job="x", priority=1)
    pool.join("w2", ["job", "x", "y"])
    assert ids(pool, "w1", free=0) == []

    assert ids(pool, "w2") == ["e", "a", "b", "c", "d"]
    assert pool.snapshot().get("gates", {}) == {}


def test_a_task_that_goes_back_from_a_gate_stands_in_the_queue_in_its_old_place(
    pool: Pool,
) -> None:
    pool.join("w1", ["job"])
    pool.submit("a", job="x")
    pool.submit("b")
    pool.join("w2", ["job", "x"])
    claim = pool.claim_one(instance="w2")
    assert claim.id == "a"

    pool.ask(commands.release(pool.keys, "w2", [("a", claim.epoch)]))

    assert ids(pool, "w2", 1) == ["a"]


def test_100_tasks_step_aside_in_a_claim_and_more_is_said(pool: Pool) -> None:
    pool.submit(*[f"x{n}" for n in range(250)], job="x")
    pool.submit("b")
    pool.join("w1", ["job"])
    assert len(pool.queue("held:job:x")) == 100, "joining has moved the first ones"

    first = pool.ask(pool.next_exchange("w1", free=1))
    assert (first.more, first.claims) == (True, [])
    assert len(pool.queue("held:job:x")) == 250, "100 by the claim, the others by waking"

    second = pool.ask(pool.next_exchange("w1", free=1))
    assert (second.more, [claim.id for claim in second.claims]) == (False, ["b"])


# --- limits of jobs ------------------------------------------------------------------------------


def test_no_more_tasks_of_a_job_run_at_once_than_its_limit(pool: Pool) -> None:
    pool.join("w1", ["job", "x"])
    pool.limit("x", 2)
    pool.submit("a", "b", "c", job="x")
    pool.submit("d")

    reply, changed = pool.watch(pool.next_exchange("w1", free=9))

    assert [claim.id for claim in reply.claims] == ["a", "b", "d"]
    assert changed["limited:x"] == {"a": pool.now, "b": pool.now}
    assert changed["held:limit:x"] == {"c": score(3)}
    assert changed["gates"] == {"limit:x": 0}
    assert changed["tasks"]["c"] == {"gate": "limit:x"}
    assert not pool.marked("job", "x")


def test_a_task_that_ends_lets_the_next_one_through_in_the_same_trip(pool: Pool) -> None:
    pool.join("w1", ["x"])
    pool.limit("x", 1)
    pool.submit("a", "b", "c", job="x")
    first = pool.claim_one()

    reply, changed = pool.watch(
        pool.next_exchange("w1", 9, [Ack("a", first.epoch)]),
    )

    assert [claim.id for claim in reply.claims] == ["b"]
    assert changed["limited:x"] == {"a": GONE, "b": pool.now}
    assert pool.queue("held:limit:x") == ["c"]


def test_a_task_that_ends_elsewhere_wakes_a_worker_for_the_next_one(pool: Pool) -> None:
    pool.join("w1", ["x"])
    pool.limit("x", 1)
    pool.submit("a", "b", job="x")
    first = pool.claim_one()
    assert not pool.marked("x")

    pool.finish(first)

    assert pool.marked("x")
    assert ids(pool) == ["b"]


def test_a_gate_whose_limit_is_reached_while_claiming_is_searched_no_further(pool: Pool) -> None:
    pool.join("w1", ["x"])
    pool.limit("x", 0)
    pool.submit(*[f"t{n:03}" for n in range(150)], job="x")
    pool.limit("x", 1)

    reply = pool.ask(pool.next_exchange("w1", 9))

    assert [claim.id for claim in reply.claims] == ["t000"]
    assert not reply.more


def test_a_limit_counts_over_all_instances(pool: Pool) -> None:
    pool.join("w1", ["x"])
    pool.join("w2", ["x"])
    pool.limit("x", 2)
    pool.submit("a", "b", "c", job="x")

    assert ids(pool, "w1", 1) == ["a"]
    assert ids(pool, "w2") == ["b"]
    assert ids(pool, "w1") == []


def test_an_empty_gate_is_forgotten(pool: Pool) -> None:
    pool.join("w1", ["x"])
    pool.limit("x", 1)
    pool.submit("a", "b", job="x")
    first = pool.claim_one()
    pool.finish(first)

    _, changed = pool.watch(pool.next_exchange("w1", 1))

    assert changed["held:limit:x"] == {"b": GONE}
    assert changed["gates"] == {"limit:x": GONE}


def test_an_id_at_a_gate_whose_task_stands_elsewhere_leaves_it(pool: Pool) -> None:
    pool.join("w1", ["job"])
    pool.submit("a")
    pool.claim_one()
    pool.redis.zadd(pool.name("held:job:job"), {"a": 0, "missing": 0})
    pool.redis.zadd(pool.keys.gates, {"job:job": 0})

    reply, changed = pool.watch(pool.next_exchange("w1", 1))

    assert reply.claims == []
    assert changed["held:job:job"] == {"a": GONE, "missing": GONE}
    assert changed["gates"] == {"job:job": GONE}
    assert not pool.marked()


def test_an_unreadable_record_at_a_gate_becomes_dead(pool: Pool) -> None:
    pool.join("w1", ["job"])
    pool.submit("a", job="x")
    pool.make_unreadable("a")
    pool.join("w2", ["x"])

    _, changed = pool.watch(pool.next_exchange("w2", 1))

    assert changed["held:job:x"] == {"a": GONE}
    assert changed["done:dead"] == {"a": pool.now}
    assert changed["tasks"]["a"]["reason"] == "unreadable"


# --- suspects ------------------------------------------------------------------------------------


def suspects(pool: Pool, *tasks: str, job: str = "job") -> None:
    """Make suspects of tasks."""
    pool.submit(*tasks, job=job)
    pool.suspect(len(tasks), job)


def test_a_suspect_waits_for_a_solo_instance(pool: Pool) -> None:
    pool.join("w1")
    suspects(pool, "a")
    pool.submit("b")

    reply = pool.ask(pool.next_exchange("w1", 9))
    assert [claim.id for claim in reply.claims] == ["b"]
    assert reply.suspects, "somebody should start a solo instance"

    pool.join("alone", solo=True)
    assert pool.marked(solo=True)
    assert ids(pool, "alone", 1) == ["a"]
    assert not pool.marked(solo=True)


def test_a_solo_instance_takes_nothing_but_suspects(pool: Pool) -> None:
    pool.join("alone", solo=True)
    pool.submit("b")

    assert ids(pool, "alone") == []
    assert not pool.marked(solo=True)


def test_nobody_asks_for_a_solo_instance_for_jobs_it_does_not_know(pool: Pool) -> None:
    pool.join("w1", ["other"])
    suspects(pool, "a")

    assert not pool.ask(pool.next_exchange("w1", 9)).suspects


def test_suspects_of_a_limited_job_stay_where_solo_instances_look(pool: Pool) -> None:
    suspects(pool, "a", "b")
    pool.limit("job", 1)
    pool.join("alone", solo=True)

    first = pool.ask(pool.next_exchange("alone", 2)).claims
    assert [claim.id for claim in first] == ["a"]
    assert pool.queue("held:solo:job") == ["b"]
    assert not pool.marked(solo=True)

    pool.finish(*first, instance="alone")
    assert pool.marked(solo=True)
    assert ids(pool, "alone", 1) == ["b"]
