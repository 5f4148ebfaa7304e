"""`promote`: due tasks enter the queue, in the order of their time."""

import pytest
from redis.exceptions import ResponseError

from skedulr import commands
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import NEWER, NOW, SECOND, UNREADABLE, Pool, score, wake


def test_a_due_task_enters_the_queue_and_wakes_a_worker(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", delay_ms=SECOND)
    pool.claim(0)
    now = pool.pass_time(SECOND)

    answer, changed = pool.watch(commands.promote(pool.keys))

    assert answer == (False, 0)
    assert changed == {
        "due": {"a": GONE},
        "ready": {"a": score(1)},
        "meta": {"seq": 1},
        "tasks": {"a": fields(state=State.QUEUED, score=score(1), ready_at=now)},
        wake(): {"go": 0},
    }


def test_what_is_not_due_stays_and_its_time_is_answered(pool: Pool) -> None:
    pool.submit("a", delay_ms=SECOND)
    pool.submit("b", delay_ms=2 * SECOND)
    pool.pass_time(SECOND - 1)

    assert pool.watch(commands.promote(pool.keys)) == ((False, NOW + SECOND), {})

    pool.pass_time(1)
    answer, changed = pool.watch(commands.promote(pool.keys))
    assert answer == (False, NOW + 2 * SECOND)
    assert set(changed["ready"]) == {"a"}


def test_tasks_enter_in_the_order_in_which_they_are_due_behind_those_that_wait(
    pool: Pool,
) -> None:
    pool.submit("late", delay_ms=3)
    pool.submit("early", delay_ms=1)
    pool.submit("urgent", delay_ms=2, priority=1)
    pool.submit("there")
    pool.pass_time(SECOND)

    pool.ask(commands.promote(pool.keys))

    assert pool.queue() == ["urgent", "there", "early", "late"]


def test_a_paused_pool_goes_on_queuing(pool: Pool) -> None:
    pool.join("w1")
    pool.control(pool_paused=1)
    pool.submit("a", delay_ms=SECOND)
    pool.claim(0)
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.promote(pool.keys))

    assert changed["ready"] == {"a": score(1)}
    assert wake() not in changed


def test_100_tasks_enter_in_a_call_and_more_is_said(pool: Pool) -> None:
    pool.submit(*[f"t{n:03}" for n in range(101)], delay_ms=SECOND)
    pool.pass_time(SECOND)

    first, changed = pool.watch(commands.promote(pool.keys))
    assert first == (True, NOW + SECOND)
    assert len(changed["ready"]) == 100

    assert pool.ask(commands.promote(pool.keys)) == (False, 0)
    assert len(pool.queue()) == 101


def test_a_record_that_nobody_can_read_becomes_dead(pool: Pool) -> None:
    pool.submit("a", delay_ms=SECOND)
    pool.make_unreadable("a")
    now = pool.pass_time(SECOND)

    answer, changed = pool.watch(commands.promote(pool.keys))

    assert answer == (False, 0)
    assert changed["due"] == {"a": GONE}
    assert changed["done:dead"] == {"a": now}
    assert (changed["tasks"]["a"]["reason"], changed["tasks"]["a"]["body"]) == (
        "unreadable",
        UNREADABLE,
    )
    assert "ready" not in changed


def test_a_newer_record_enters_the_queue_with_all_that_it_holds(pool: Pool) -> None:
    pool.submit("a", delay_ms=SECOND)
    pool.make_newer("a")
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.promote(pool.keys))

    assert changed["due"] == {"a": GONE}
    assert changed["ready"] == {"a": score(1)}
    assert (pool.field("a", "state"), pool.field("a", "version")) == (State.QUEUED, NEWER)
    assert pool.redis.hget(pool.keys.tasks, "a").endswith(b"a field of the futurebody")


def test_ids_without_a_task_that_waits_for_its_time_are_dropped(pool: Pool) -> None:
    pool.submit("a")
    pool.redis.zadd(pool.keys.due, {"a": NOW, "missing": NOW})

    assert pool.watch(commands.promote(pool.keys)) == (
        (False, 0),
        {"due": {"a": GONE, "missing": GONE}},
    )


def test_a_pool_of_a_newer_format_is_not_touched(pool: Pool) -> None:
    pool.submit("a", delay_ms=SECOND)
    pool.pass_time(SECOND)
    pool.redis.hset(pool.keys.meta, "format", NEWER)
    before = pool.snapshot()

    with pytest.raises(ResponseError, match="UPGRADE"):
        pool.ask(commands.promote(pool.keys))

    assert pool.changes(before, pool.snapshot()) == {}
