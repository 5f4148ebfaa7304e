"""Waking, which every script ends with: a marker for each class that could claim now, else none."""

from collections.abc import Callable
from typing import Any

import pytest

from skedulr import commands
from skedulr.commands import Ack, Command
from tests.scripts.support import Pool, score


def test_one_marker_for_each_class_however_many_tasks_there_are(pool: Pool) -> None:
    pool.join("w1")
    pool.join("w2")
    pool.submit("a", "b", "c")

    assert pool.snapshot()[wake_name(pool)] == {"go": 0}


def wake_name(pool: Pool) -> str:
    """The one wake key that there is."""
    (name,) = [key for key in pool.snapshot() if key.startswith("wake:")]
    return name


def test_a_worker_that_takes_the_marker_puts_it_back_for_the_next_one(pool: Pool) -> None:
    pool.join("w1")
    pool.join("w2")
    pool.submit("a", "b")
    pool.redis.delete(pool.name(wake_name(pool)))  # as BZPOPMIN does

    pool.claim_one(instance="w1")
    assert pool.marked(), "w2 finds b"

    pool.redis.delete(pool.name(wake_name(pool)))
    pool.claim_one(instance="w2")
    assert not pool.marked(), "nothing is left: nobody wakes in vain"


def test_no_marker_stands_where_nobody_lives(pool: Pool) -> None:
    pool.submit("a")

    assert not any(key.startswith("wake:") for key in pool.snapshot())


@pytest.mark.parametrize(
    "script",
    [
        lambda pool: commands.beat(pool.keys, "w1", 0, []),
        lambda pool: commands.control(pool.keys),
        lambda pool: commands.leave(pool.keys, "nobody"),
        lambda pool: commands.promote(pool.keys),
        lambda pool: commands.release(pool.keys, "w1", []),
        lambda pool: commands.repair(pool.keys),
        lambda pool: commands.trim(pool.keys),
        lambda pool: pool.next_exchange("w1", 0),
    ],
    ids=["beat", "control", "leave", "promote", "release", "repair", "trim", "exchange"],
)
def test_a_marker_that_a_dead_worker_took_along_comes_back_with_whatever_runs_next(
    pool: Pool, script: Callable[[Pool], Command[Any]]
) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.redis.delete(pool.name(wake_name(pool)))

    pool.ask(script(pool))

    assert pool.marked()


def test_tasks_that_no_living_class_knows_leave_the_front_100_at_a_time(pool: Pool) -> None:
    pool.submit(*[f"x{n}" for n in range(150)], job="other")
    pool.submit("a")

    pool.join("w1")
    assert len(pool.queue("held:job:other")) == 100
    assert pool.marked(), "what is behind the first 100 is not known yet: somebody looks"

    claims = pool.ask(pool.next_exchange("w1", 1)).claims
    assert [claim.id for claim in claims] == ["a"]
    assert len(pool.queue("held:job:other")) == 150
    assert not pool.marked()


def test_a_gate_whose_limit_frees_wakes_exactly_those_who_know_the_job(pool: Pool) -> None:
    pool.join("w1", ["job", "x"])
    pool.join("w2", ["job"])
    pool.limit("x", 1)
    pool.submit("a", "b", job="x")
    epoch = pool.claim_one().epoch
    assert not pool.marked("job", "x")

    pool.ask(pool.next_exchange("w1", 0, [Ack("a", epoch)]))

    assert pool.marked("job", "x")
    assert not pool.marked("job")


def test_gates_that_are_empty_are_forgotten_by_the_next_script(pool: Pool) -> None:
    pool.join("w1")
    pool.redis.zadd(pool.keys.gates, {"job:gone": 0})

    _, changed = pool.watch(commands.beat(pool.keys, "w1", 0, []))

    assert set(changed) == {"gates"}


def test_a_task_keeps_its_place_through_the_gate(pool: Pool) -> None:
    pool.submit("a", job="other")
    pool.submit("b")
    pool.join("w1", ["job"])
    pool.submit("c", job="other")
    pool.join("w2", ["job", "other"])

    claims = pool.ask(pool.next_exchange("w2", 9)).claims

    assert [claim.id for claim in claims] == ["a", "b", "c"]
    assert [pool.field(task, "score") for task in "abc"] == [score(1), score(2), score(3)]


@pytest.mark.parametrize("held", ["job", "limit", "solo", "wire"])
def test_a_task_at_a_closed_gate_wakes_nobody(pool: Pool, held: str) -> None:
    pool.join("w1")
    if held == "job":
        pool.submit("a", job="other")
    elif held == "limit":
        pool.limit("job", 0)
        pool.submit("a")
    elif held == "solo":
        pool.submit("a")
        pool.suspect()
    else:
        pool.submit("a")
        pool.make_newer("a")
        pool.ask(commands.beat(pool.keys, "w1", 0, []))

    (gate,) = pool.snapshot()["gates"]
    assert gate.startswith(f"{held}:")
    assert not pool.marked()
    assert pool.ask(pool.next_exchange("w1", 9)).claims == []
    assert not pool.marked()
