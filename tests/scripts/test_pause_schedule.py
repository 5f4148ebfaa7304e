"""`pause_schedule`: a paused schedule has no slot; when it goes on, it is planned from then."""

from skedulr import commands
from tests.scripts.schedules import look_at, plan, planned, step, take
from tests.scripts.support import MINUTE, NOW, Pool

SLOT = NOW + MINUTE


def test_a_paused_schedule_is_not_looked_at(pool: Pool) -> None:
    planned(pool, SLOT)

    assert pool.ask(commands.pause_schedule(pool.keys, "s", stop=True)) == "paused"

    assert look_at(pool) is None
    assert plan(pool)["slot"] == SLOT


def test_it_is_planned_from_the_moment_at_which_it_goes_on(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))
    pool.pass_time(5 * MINUTE)

    assert pool.ask(commands.pause_schedule(pool.keys, "s", stop=False)) == "active"

    assert look_at(pool) == 0
    assert plan(pool)["from"] == NOW + 5 * MINUTE
    assert plan(pool)["anchor"] == NOW, "an interval keeps its beat"


def test_a_step_from_before_the_pause_does_not_count(pool: Pool) -> None:
    planned(pool, SLOT)
    firing = step(pool, SLOT, SLOT + MINUTE)
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=False))
    pool.pass_time(MINUTE)

    assert take(pool, firing) == ["changed"]


def test_saying_it_twice_changes_nothing(pool: Pool) -> None:
    planned(pool, SLOT)

    outcome, changed = pool.watch(commands.pause_schedule(pool.keys, "s", stop=False))
    assert (outcome, changed) == ("active", {})
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))
    outcome, changed = pool.watch(commands.pause_schedule(pool.keys, "s", stop=True))
    assert (outcome, changed) == ("paused", {})


def test_one_that_is_over_stays_so(pool: Pool) -> None:
    planned(pool, NOW)
    take(pool, step(pool, NOW, 0))

    assert pool.ask(commands.pause_schedule(pool.keys, "s", stop=True)) == "finished"


def test_there_may_be_none(pool: Pool) -> None:
    assert pool.ask(commands.pause_schedule(pool.keys, "s", stop=True)) == "missing"
