"""`unschedule`: a schedule goes with all that belongs to it; its tasks stay."""

from skedulr import commands
from tests.scripts.schedules import declared, plan, planned, step, store, take
from tests.scripts.snapshot import GONE
from tests.scripts.support import MINUTE, NOW, SECOND, Pool

SLOT = NOW + MINUTE


def test_it_is_gone_with_its_past_and_its_tasks_stay(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    take(pool, step(pool, SLOT, SLOT + MINUTE))

    outcome, changed = pool.watch(commands.unschedule(pool.keys, "s"))

    assert outcome == "removed"
    assert set(changed) == {"schedules", "schedule:plans", "slots", "runs:s"}
    assert changed["slots"] == {"s": GONE}
    assert len(pool.queue()) == 1


def test_the_second_time_there_is_none(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.ask(commands.unschedule(pool.keys, "s"))

    outcome, changed = pool.watch(commands.unschedule(pool.keys, "s"))

    assert (outcome, changed) == ("missing", {})


def test_a_slot_without_a_schedule_goes_too(pool: Pool) -> None:
    pool.redis.zadd(pool.keys.slots, {"s": 0})

    assert pool.ask(commands.unschedule(pool.keys, "s")) == "missing"
    assert pool.redis.zcard(pool.keys.slots) == 0


def test_one_that_has_changed_stays(pool: Pool) -> None:
    planned(pool, SLOT)

    outcome, changed = pool.watch(commands.unschedule(pool.keys, "s", plan(pool)["revision"] - 1))

    assert (outcome, changed) == ("changed", {})
    assert pool.ask(commands.unschedule(pool.keys, "s", plan(pool)["revision"])) == "removed"


def test_what_running_code_declares_stays_unless_it_moves(pool: Pool) -> None:
    store(pool, declared())

    assert pool.ask(commands.unschedule(pool.keys, "s")) == "code"
    assert pool.ask(commands.unschedule(pool.keys, "s", moving=True)) == "removed"


def test_what_no_code_declares_any_more_can_be_removed(pool: Pool) -> None:
    store(pool, declared())
    pool.pass_time(90 * SECOND)

    assert pool.ask(commands.unschedule(pool.keys, "s")) == "removed"


def test_what_nobody_can_read_can_be_removed(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.redis.hset(pool.keys.schedules, "s", b"\xc1")
    pool.redis.hset(pool.keys.schedule_plans, "s", b"\xc1")

    assert pool.ask(commands.unschedule(pool.keys, "s")) == "removed"
    assert pool.redis.zcard(pool.keys.slots) == 0


def test_one_that_has_fired_since_it_was_copied_stays(pool: Pool) -> None:
    planned(pool, NOW + MINUTE)
    revision = plan(pool)["revision"]
    pool.pass_time(MINUTE)
    take(pool, step(pool, NOW + MINUTE, NOW + 2 * MINUTE))
    copied = commands.unschedule(pool.keys, "s", revision, moving=True, slot=NOW + MINUTE)

    assert pool.watch(copied) == ("changed", {})

    copied = commands.unschedule(pool.keys, "s", revision, moving=True, slot=NOW + 2 * MINUTE)
    assert pool.ask(copied) == "removed"
