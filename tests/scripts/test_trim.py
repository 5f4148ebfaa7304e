"""`trim`: forgets ended tasks that are too old or too many, and instances that are gone."""

import pytest

from skedulr import commands
from skedulr.commands import job_class
from skedulr.states import TERMINAL, State
from tests.scripts.snapshot import GONE
from tests.scripts.support import DAY, MINUTE, NOW, SECOND, Pool, wake

WEEK = 7 * DAY


@pytest.fixture
def idle(pool: Pool) -> Pool:
    """Give a pool with one instance that never grows old."""
    pool.join("w1")
    pool.redis.zadd(pool.keys.seen, {"w1": NOW + 1000 * DAY})
    return pool


def ended(pool: Pool, *ids: str, state: State = State.SUCCEEDED, ttl_ms: int = 0) -> None:
    """Bring tasks to an end; afterwards w1 has just been seen, also in the far future."""
    pool.submit_and_finish(*ids, state=state, ttl_ms=ttl_ms)
    pool.redis.zadd(pool.keys.seen, {"w1": NOW + 1000 * DAY})


def test_a_task_is_forgotten_with_all_that_hangs_on_it(idle: Pool) -> None:
    idle.submit("a", body=b"x" * 2000, ttl_ms=30 * DAY)
    claim = idle.claim_one()
    idle.ask(commands.log(idle.keys, [("a", claim.epoch, 0, [b"line"])]))
    idle.ask(commands.progress(idle.keys, [("a", claim.epoch, b"half")]))
    idle.finish(claim, result=b"r", problem=b"p")
    idle.redis.zadd(idle.keys.seen, {"w1": NOW + 1000 * DAY})
    idle.pass_time(WEEK)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 1)
    assert changed == {
        "tasks": {"a": GONE},
        "done:succeeded": {"a": GONE},
        "expiring": {"a": GONE},
        "payloads": {"a": GONE},
        "results": {"a": GONE},
        "attempts": {"a": GONE},
        "progress": {"a": GONE},
        "log:a": GONE,
    }


@pytest.mark.parametrize("state", TERMINAL)
def test_what_ended_more_than_a_week_ago_is_forgotten(idle: Pool, state: State) -> None:
    ended(idle, "old", state=state)
    idle.pass_time(1)
    ended(idle, "new", state=state)
    idle.pass_time(WEEK - 1)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 1)
    assert changed == {"tasks": {"old": GONE}, f"done:{state.label}": {"old": GONE}}


def test_a_pool_can_keep_its_history_for_another_time(idle: Pool) -> None:
    ended(idle, "a")
    idle.control(retention=DAY)

    idle.pass_time(DAY - 1)
    assert idle.watch(commands.trim(idle.keys)) == ((False, 0), {})
    idle.pass_time(1)
    assert idle.ask(commands.trim(idle.keys)) == (False, 1)


def test_of_too_many_the_oldest_are_forgotten_in_each_state_apart(idle: Pool) -> None:
    idle.control(history=2)
    ended(idle, "s1", "s2", "s3")
    ended(idle, "f1", "f2", state=State.FAILED)
    ended(idle, "d1", "d2", "d3", state=State.DEAD)
    idle.pass_time(MINUTE)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 1)
    assert changed == {"tasks": {"s1": GONE}, "done:succeeded": {"s1": GONE}}
    assert len(idle.snapshot()["done:dead"]) == 3, "the dead have a limit of their own"


@pytest.mark.parametrize("limit", [{"history": 0}, {"retention": 0}])
def test_what_has_just_ended_stays_a_minute_whatever_the_limits_say(
    idle: Pool, limit: dict[str, int]
) -> None:
    idle.control(**limit)
    ended(idle, "a")

    idle.pass_time(MINUTE - 1)
    assert idle.ask(commands.trim(idle.keys)) == (False, 0)
    idle.pass_time(1)
    assert idle.ask(commands.trim(idle.keys)) == (False, 1)


def test_a_time_to_live_of_its_own_ends_a_task_earlier(idle: Pool) -> None:
    ended(idle, "a", ttl_ms=2 * MINUTE)
    ended(idle, "b", state=State.DEAD, ttl_ms=3 * MINUTE)
    ended(idle, "c")
    idle.pass_time(2 * MINUTE)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 1)
    assert changed == {
        "tasks": {"a": GONE},
        "done:succeeded": {"a": GONE},
        "expiring": {"a": GONE},
    }


def test_a_shorter_time_to_live_than_a_minute_is_a_minute(idle: Pool) -> None:
    ended(idle, "a", ttl_ms=SECOND)

    idle.pass_time(MINUTE - 1)
    assert idle.ask(commands.trim(idle.keys)) == (False, 0)
    idle.pass_time(1)
    assert idle.ask(commands.trim(idle.keys)) == (False, 1)


def test_a_task_that_has_two_reasons_to_go_counts_once_and_takes_nobody_along(idle: Pool) -> None:
    ended(idle, "a", "b")
    ended(idle, "c", ttl_ms=MINUTE)
    idle.control(history=2)
    idle.pass_time(MINUTE)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 1)
    assert changed["tasks"] == {"c": GONE}


def test_a_call_forgets_at_most_as_many_as_asked_and_says_whether_more_could_go(
    idle: Pool,
) -> None:
    ended(idle, "a", "b", "c")
    idle.pass_time(WEEK)

    first, changed = idle.watch(commands.trim(idle.keys, 2))
    assert first == (True, 2)
    assert set(changed["tasks"]) == {"a", "b"}
    assert idle.ask(commands.trim(idle.keys, 2)) == (False, 1)


def test_a_call_that_met_a_task_twice_says_that_more_could_go(idle: Pool) -> None:
    ended(idle, "a", ttl_ms=MINUTE)
    ended(idle, "b", "c")
    idle.pass_time(WEEK)

    first, changed = idle.watch(commands.trim(idle.keys, 2))
    assert first == (True, 2)
    assert set(changed["tasks"]) == {"a", "b"}
    assert idle.ask(commands.trim(idle.keys, 2)) == (False, 1)


def test_a_call_that_let_one_pass_of_whose_end_others_have_yet_to_be_told_says_that_more_could_go(
    idle: Pool,
) -> None:
    idle.submit("a", flow="pool/f", ttl_ms=MINUTE)
    idle.finish(idle.claim_one())
    ended(idle, "b", "c", ttl_ms=MINUTE)
    idle.pass_time(MINUTE)

    assert idle.ask(commands.trim(idle.keys, 2)) == (True, 1)
    assert idle.ask(commands.trim(idle.keys, 2)) == (False, 1)
    assert list(idle.snapshot()["tasks"]) == ["a"]


def test_a_call_forgets_1000_tasks(idle: Pool) -> None:
    most = commands.MOST_TASKS
    idle.submit(*[f"t{n}" for n in range(most)], body=b"x" * 2000, ttl_ms=SECOND)
    idle.finish(*idle.claim(most), result=b"r")
    idle.pass_time(MINUTE)

    answer, changed = idle.watch(commands.trim(idle.keys, 2 * most))

    assert answer == (True, most)
    assert len(changed["tasks"]) == len(changed["payloads"]) == len(changed["results"]) == most


# --- records that cannot be read -----------------------------------------------------------------


def test_what_has_become_unreadable_is_forgotten_too(idle: Pool) -> None:
    ended(idle, "a", "b")
    idle.make_unreadable("a")
    idle.redis.hdel(idle.keys.tasks, "b")
    idle.pass_time(WEEK)

    answer, changed = idle.watch(commands.trim(idle.keys))

    assert answer == (False, 2)
    assert changed == {"tasks": {"a": GONE}, "done:succeeded": {"a": GONE, "b": GONE}}


def test_what_was_buried_is_forgotten_with_what_hung_on_it_unseen(idle: Pool) -> None:
    idle.submit("a", body=b"x" * 2000)
    claim = idle.claim_one()
    idle.ask(commands.log(idle.keys, [("a", claim.epoch, 0, [b"line"])]))
    idle.ask(commands.release(idle.keys, "w1", [("a", claim.epoch)]))
    idle.make_unreadable("a")
    idle.ask(idle.next_exchange(free=1))
    idle.redis.zadd(idle.keys.seen, {"w1": NOW + 1000 * DAY})
    idle.pass_time(WEEK)

    _, changed = idle.watch(commands.trim(idle.keys))

    assert changed == {
        "tasks": {"a": GONE},
        "done:dead": {"a": GONE},
        "payloads": {"a": GONE},
        "log:a": GONE,
    }


def test_newer_records_are_left_to_newer_code(idle: Pool) -> None:
    ended(idle, "a", ttl_ms=SECOND)
    idle.make_newer("a")
    idle.pass_time(WEEK)

    assert idle.watch(commands.trim(idle.keys, 1)) == ((False, 0), {})


def test_a_live_task_that_stands_in_the_history_by_mistake_only_leaves_the_history(
    idle: Pool,
) -> None:
    idle.submit("a")
    idle.redis.zadd(idle.keys.done_dead, {"a": 0})

    assert idle.watch(commands.trim(idle.keys)) == ((False, 1), {"done:dead": {"a": GONE}})


# --- instances and classes -----------------------------------------------------------------------


def test_an_instance_that_was_not_seen_for_a_minute_is_forgotten_with_its_class(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.pass_time(MINUTE)
    pool.join("w2", ["job", "other"])

    assert pool.watch(commands.trim(pool.keys)) == ((False, 0), {})
    pool.pass_time(1)
    _, changed = pool.watch(commands.trim(pool.keys))

    assert changed == {
        "inst": {"w1": GONE},
        "seen": {"w1": GONE},
        "classes": {job_class(["job"])[0]: GONE},
        wake("job"): {"go": GONE},
    }
    assert pool.marked("job", "other")


def test_an_instance_that_still_owns_tasks_is_left_to_the_recovery(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()
    pool.pass_time(DAY)

    assert pool.watch(commands.trim(pool.keys)) == ((False, 0), {})


def test_a_class_stays_while_somebody_is_of_it(pool: Pool) -> None:
    pool.join("w1")
    pool.pass_time(MINUTE + 1)
    pool.join("w2")

    _, changed = pool.watch(commands.trim(pool.keys))

    assert changed == {"inst": {"w1": GONE}, "seen": {"w1": GONE}}
