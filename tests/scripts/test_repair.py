"""`repair`: puts right what a failover or a hand tore apart; scripts leave nothing to repair."""

from typing import Any

from skedulr import commands
from skedulr.commands import Recovered
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import LEASE, SECOND, Pool, score, wake

FINE: tuple[tuple[str, int], dict[str, Any]] = (("0", 0), {})


def running(pool: Pool, *ids: str) -> list[commands.Claim]:
    """Let w1 run tasks since a second."""
    pool.join("w1")
    pool.submit(*ids)
    claims = pool.claim(len(ids))
    pool.pass_time(SECOND)
    return claims


def test_a_pool_that_fits_together_is_left_alone(pool: Pool) -> None:
    pool.limit("job", 5)
    running(pool, "a", "b")
    pool.submit("c")

    assert pool.watch(commands.repair(pool.keys)) == FINE


def test_a_running_task_that_its_owner_does_not_own_goes_back_to_its_place(pool: Pool) -> None:
    running(pool, "a", "b")
    pool.redis.hdel(pool.name("own:w1"), "a")

    answer, changed = pool.watch(commands.repair(pool.keys))

    assert answer == ("0", 1)
    assert changed == {
        "running": {"a": GONE},
        "ready": {"a": score(1)},
        "tasks": {"a": fields(state=State.QUEUED)},
        wake(): {"go": 0},
    }


def test_a_running_task_that_is_owned_at_another_epoch_goes_back_too(pool: Pool) -> None:
    running(pool, "a")
    pool.redis.hset(pool.name("own:w1"), "a", "7 1")

    answer, changed = pool.watch(commands.repair(pool.keys))

    assert answer[0] == "0"
    assert changed["own:w1"] == {"a": GONE}
    assert changed["lease"] == {"w1": GONE}
    assert changed["ready"] == {"a": score(1)}


def test_a_task_to_be_cancelled_is_cancelled_instead(pool: Pool) -> None:
    running(pool, "a")
    pool.ask(commands.cancel(pool.keys, "a"))
    pool.redis.hdel(pool.name("own:w1"), "a")

    _, changed = pool.watch(commands.repair(pool.keys))

    assert changed["done:cancelled"] == {"a": pool.now}
    assert "ready" not in changed


def test_an_id_among_the_running_whose_task_does_not_run_leaves_them(pool: Pool) -> None:
    running(pool, "a")
    pool.submit("b")
    pool.redis.zadd(pool.keys.running, {"b": 1, "missing": 2})

    assert pool.watch(commands.repair(pool.keys)) == (
        ("0", 2),
        {"running": {"b": GONE, "missing": GONE}},
    )


def test_what_an_instance_owns_without_running_it_is_dropped(pool: Pool) -> None:
    running(pool, "a")
    pool.submit("b")
    pool.redis.hset(pool.name("own:w1"), mapping={"b": "7 1", "missing": "7 1"})

    assert pool.watch(commands.repair(pool.keys)) == (
        ("0", 2),
        {"own:w1": {"b": GONE, "missing": GONE}},
    )


def test_an_owner_without_a_lease_gets_one_that_it_can_renew(pool: Pool) -> None:
    running(pool, "a", "b")
    pool.redis.zrem(pool.keys.lease, "w1")

    assert pool.watch(commands.repair(pool.keys)) == (
        ("0", 1),
        {"lease": {"w1": pool.now + LEASE}},
    )


def test_an_owner_that_nobody_knows_gets_a_lease_that_is_over_so_that_its_tasks_come_back(
    pool: Pool,
) -> None:
    running(pool, "a", "b")
    pool.redis.zrem(pool.keys.lease, "w1")
    pool.redis.hdel(pool.keys.inst, "w1")
    pool.redis.zrem(pool.keys.seen, "w1")

    answer, changed = pool.watch(commands.repair(pool.keys))
    assert (answer, changed) == (("0", 1), {"lease": {"w1": pool.now}})

    assert pool.ask(commands.recover(pool.keys)) == Recovered(False, "w1", 2)
    assert pool.queue() == ["a", "b"]


def test_a_lease_on_nothing_but_leftovers_ends(pool: Pool) -> None:
    running(pool, "a")
    pool.finish(commands.Claim("a", "job", pool.field("a", "epoch"), 0, b""))
    pool.redis.hset(pool.name("own:w1"), "missing", "7 1")
    pool.redis.zadd(pool.keys.lease, {"w1": pool.now})

    _, changed = pool.watch(commands.repair(pool.keys))

    assert changed == {"own:w1": {"missing": GONE}, "lease": {"w1": GONE}}


def test_a_running_task_of_a_limited_job_that_is_not_counted_is_counted(pool: Pool) -> None:
    running(pool, "a")
    pool.redis.hset(pool.keys.limits, "job", 1)

    answer, changed = pool.watch(commands.repair(pool.keys))

    assert answer == ("0", 1)
    assert changed == {"limited:job": {"a": pool.now - SECOND}}


def test_a_running_record_that_nobody_can_read_becomes_dead(pool: Pool) -> None:
    pool.limit("job", 5)
    running(pool, "a")
    pool.make_unreadable("a")

    answer, changed = pool.watch(commands.repair(pool.keys))

    assert answer == ("0", 2), "the task, and what w1 owned"
    assert changed["running"] == changed["limited:job"] == {"a": GONE}
    assert changed["own:w1"] == {"a": GONE}
    assert changed["done:dead"] == {"a": pool.now}


def test_a_newer_record_that_runs_is_left_to_newer_code(pool: Pool) -> None:
    running(pool, "a")
    pool.make_newer("a")

    assert pool.watch(commands.repair(pool.keys)) == FINE


def test_500_tasks_are_looked_at_in_a_call(pool: Pool) -> None:
    pool.join("w1")
    pool.submit(*[f"t{n:03}" for n in range(501)])
    pool.claim(501)
    pool.redis.hdel(pool.name("own:w1"), "t500")

    first, changed = pool.watch(commands.repair(pool.keys))
    assert first == ("500", 0)
    assert changed == {}

    second, changed = pool.watch(commands.repair(pool.keys, "500"))
    assert second == ("0", 1)
    assert changed["ready"] == {"t500": score(501)}


def test_claims_are_looked_at_page_by_page_in_the_order_of_their_owners(pool: Pool) -> None:
    pool.submit(*[f"t{n:03}" for n in range(501)])
    for name, slots in (("w1", 500), ("w2", 1)):
        pool.join(name)
        pool.claim(slots, instance=name)
        pool.redis.hset(pool.name(f"own:{name}"), "missing", "7 1")

    first, changed = pool.watch(commands.repair(pool.keys))
    assert first == ("500", 1)
    assert changed == {"own:w1": {"missing": GONE}}

    second, changed = pool.watch(commands.repair(pool.keys, "500"))
    assert second == ("0", 1)
    assert changed == {"own:w2": {"missing": GONE}}


def test_pages_go_on_where_more_is_owned_than_runs(pool: Pool) -> None:
    running(pool, "a")
    leftovers = {f"gone{n:03}": "7 1" for n in range(500)}
    pool.redis.hset(pool.name("own:w0"), mapping=leftovers)
    pool.redis.zadd(pool.keys.lease, {"w0": pool.now})
    pool.redis.hset(pool.name("own:w1"), "missing", "7 1")

    first, changed = pool.watch(commands.repair(pool.keys))
    assert first == ("500", 500)
    assert changed == {"own:w0": dict.fromkeys(leftovers, GONE), "lease": {"w0": GONE}}

    assert pool.ask(commands.repair(pool.keys, "500")) == ("0", 0), "all of w0 is gone by now"
    assert pool.ask(commands.repair(pool.keys, "0")) == ("0", 1)
