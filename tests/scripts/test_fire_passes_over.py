"""`fire`: slots that are passed over: a former run lives, a key is held, the pool is full."""

from skedulr import commands
from tests.scripts.schedules import (
    NEXT,
    RUN,
    SLOT,
    declaration,
    iso,
    plan,
    planned,
    runs,
    step,
    take,
)
from tests.scripts.support import MINUTE, Pool


def test_what_is_passed_over_is_noted(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(5 * MINUTE)
    last = SLOT + 4 * MINUTE

    assert take(pool, step(pool, last, last + MINUTE, missed=last - MINUTE)) == ["fired"]

    missed, ran = runs(pool)
    assert (missed.outcome, missed.slot_ms, missed.upto_ms) == ("missed", SLOT, last - MINUTE)
    assert (ran.outcome, ran.slot_ms) == ("fired", last)


# --- overlap --------------------------------------------------------------------------------------


def test_with_overlap_skip_a_slot_is_passed_over_while_a_former_run_lives(pool: Pool) -> None:
    planned(pool, SLOT, declaration(overlap="skip"))
    pool.join()
    pool.pass_time(MINUTE)
    take(pool, step(pool, SLOT, NEXT))
    claim = pool.claim_one()
    pool.pass_time(MINUTE)

    assert take(pool, step(pool, NEXT, NEXT + MINUTE)) == ["overlap"]
    assert runs(pool)[-1].outcome == "overlap"

    pool.finish(claim)
    pool.pass_time(MINUTE)
    assert take(pool, step(pool, NEXT + MINUTE, NEXT + 2 * MINUTE)) == ["fired"]


def test_with_overlap_allow_runs_live_side_by_side(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    assert take(pool, step(pool, SLOT, NEXT)) == ["fired"]
    pool.pass_time(MINUTE)
    assert take(pool, step(pool, NEXT, NEXT + MINUTE)) == ["fired"]
    assert plan(pool)["unfinished"] == [RUN, f"s@{iso(NEXT)}"]


def test_a_schedule_that_nobody_declares_any_more_runs_alone(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    take(pool, step(pool, SLOT, NEXT))
    pool.pass_time(MINUTE)

    assert take(pool, step(pool, NEXT, NEXT + MINUTE, alone=1)) == ["overlap"]


def test_a_key_that_a_live_task_holds_passes_the_slot_over(pool: Pool) -> None:
    planned(pool, SLOT, declaration(key="k"))
    pool.submit("other", key="k")
    pool.pass_time(MINUTE)

    assert take(pool, step(pool, SLOT, NEXT)) == ["duplicate"]
    assert plan(pool)["slot"] == NEXT
    assert (runs(pool)[0].outcome, runs(pool)[0].task) == ("duplicate", "other")


def test_only_the_newest_runs_that_have_not_ended_are_known(pool: Pool) -> None:
    planned(pool, SLOT)
    for n in range(12):
        pool.pass_time(MINUTE)
        slot = SLOT + n * MINUTE
        assert take(pool, step(pool, slot, slot + MINUTE)) == ["fired"]

    kept = [f"s@{iso(SLOT + n * MINUTE)}" for n in range(4, 12)]
    assert plan(pool)["unfinished"] == kept


# --- a full pool ----------------------------------------------------------------------------------


def test_a_full_pool_keeps_the_slot_and_says_so_once(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.control(capacity=1)
    pool.submit("other")
    pool.pass_time(MINUTE)

    outcomes, changed = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))
    assert outcomes == ["full"]
    assert set(changed) == {"schedule:plans", "runs:s"}
    again, unchanged = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))
    assert again == ["full"]
    assert unchanged == {}
    assert [run.outcome for run in runs(pool)] == ["full"]

    pool.ask(commands.cancel(pool.keys, "other"))
    assert take(pool, step(pool, SLOT, NEXT)) == ["fired"]
    assert [run.outcome for run in runs(pool)] == ["full", "fired"]


def test_the_room_that_is_left_goes_to_the_first_of_a_call(pool: Pool) -> None:
    planned(pool, SLOT, declaration("a"), declaration("b"))
    pool.control(capacity=1)
    pool.pass_time(MINUTE)

    firings = [step(pool, SLOT, NEXT, name="a"), step(pool, SLOT, NEXT, name="b")]

    assert take(pool, *firings) == ["fired", "full"]
