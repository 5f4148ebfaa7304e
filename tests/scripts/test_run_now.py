"""`run_now`: what a schedule runs is enqueued once more, beside its slots."""

from skedulr import commands
from skedulr.states import State
from tests.scripts.schedules import declaration, look_at, plan, planned, runs, step, take
from tests.scripts.support import DAY, MINUTE, NOW, Pool

SLOT = NOW + MINUTE


def test_the_task_is_enqueued_and_the_slot_stays(pool: Pool) -> None:
    planned(pool, SLOT, declaration(priority=3))

    assert pool.ask(commands.run_now(pool.keys, "s", "s@1")) == ("fired", "s@1")

    assert pool.field("s@1", "state") == State.QUEUED
    assert pool.field("s@1", "priority") == 3
    assert look_at(pool) == SLOT
    (run,) = runs(pool)
    assert (run.outcome, run.at_ms, run.task) == ("by hand", NOW, "s@1")


def test_a_second_arrival_changes_nothing(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.ask(commands.run_now(pool.keys, "s", "s@1"))

    answer, changed = pool.watch(commands.run_now(pool.keys, "s", "s@1"))

    assert answer == ("fired", "s@1")
    assert changed == {}


def test_pause_and_overlap_do_not_hold_it(pool: Pool) -> None:
    planned(pool, SLOT, declaration(overlap="skip"))
    pool.ask(commands.run_now(pool.keys, "s", "s@1"))
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))

    assert pool.ask(commands.run_now(pool.keys, "s", "s@2")) == ("fired", "s@2")
    assert look_at(pool) is None, "and it stays paused"


def test_the_next_slot_is_passed_over_while_it_lives(pool: Pool) -> None:
    planned(pool, SLOT, declaration(overlap="skip"))
    pool.ask(commands.run_now(pool.keys, "s", "s@1"))
    pool.pass_time(MINUTE)

    assert take(pool, step(pool, SLOT, SLOT + MINUTE)) == ["overlap"]


def test_a_full_pool_and_a_held_key_refuse_it(pool: Pool) -> None:
    planned(pool, SLOT, declaration(key="k"))
    pool.submit("other", key="k")
    answer, changed = pool.watch(commands.run_now(pool.keys, "s", "s@1"))
    assert (answer, changed) == (("duplicate", "other"), {})

    pool.control(capacity=1)
    pool.ask(commands.cancel(pool.keys, "other"))
    pool.submit("another")
    assert pool.ask(commands.run_now(pool.keys, "s", "s@1")) == ("full", "1")


def test_there_may_be_none(pool: Pool) -> None:
    assert pool.ask(commands.run_now(pool.keys, "s", "s@1")) == ("missing", "")


def test_a_finished_schedule_can_be_run(pool: Pool) -> None:
    planned(pool, NOW)
    take(pool, step(pool, NOW, 0))

    assert pool.ask(commands.run_now(pool.keys, "s", "s@1"))[0] == "fired"
    assert plan(pool)["state"] == "finished"
    assert look_at(pool) == NOW + 7 * DAY, "and is kept as long as before"
