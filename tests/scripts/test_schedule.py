"""`schedule`: a schedule is stored with its place in time; of code, the newest declaration wins."""

import msgpack

from skedulr import commands
from skedulr.schedules import timing
from skedulr.schedules.timing import Interval
from tests.scripts.schedules import (
    declaration,
    declared,
    look_at,
    plan,
    planned,
    spec,
    step,
    store,
    take,
)
from tests.scripts.support import MINUTE, NOW, SECOND, Pool

SLOT = NOW + MINUTE
OTHER_TIMES = timing.pack(Interval(2 * MINUTE))
ALIVE = 90 * SECOND
"""So long code counts as running after it declared something."""


def test_a_new_schedule_is_to_be_planned_at_once(pool: Pool) -> None:
    _, changed = pool.watch(commands.schedule(pool.keys, [declaration()]))

    assert set(changed) == {"schedules", "schedule:plans", "slots"}
    assert changed["slots"] == {"s": 0}
    stored = plan(pool)
    assert (stored["state"], stored["slot"], stored["anchor"], stored["from"]) == (
        "active",
        0,
        NOW,
        NOW,
    )
    assert spec(pool)[b"created_at"] == spec(pool)[b"changed_at"] == NOW


def test_who_makes_it_again_gets_a_higher_revision_and_the_same_slot(pool: Pool) -> None:
    planned(pool, SLOT)
    before = plan(pool)["revision"]
    pool.pass_time(SECOND)

    assert store(pool, declaration(digest="d2", body=b"other")) == ["stored"]

    assert plan(pool)["revision"] > before
    assert look_at(pool) == SLOT
    assert plan(pool)["anchor"] == NOW
    assert spec(pool)[b"body"] == b"other"
    assert spec(pool)[b"created_at"] == NOW


def test_other_times_are_planned_anew(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(SECOND)

    store(pool, declaration(digest="d2", timing=OTHER_TIMES))

    assert look_at(pool) == 0
    assert plan(pool)["anchor"] == NOW + SECOND


def test_a_revision_rises_even_when_the_clock_falls(pool: Pool) -> None:
    store(pool, declaration())
    before = plan(pool)["revision"]
    pool.pass_time(-MINUTE)

    store(pool, declaration())

    assert plan(pool)["revision"] == before + 1


def test_a_pause_outlasts_other_times(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))

    store(pool, declaration(digest="d2", timing=OTHER_TIMES))

    assert plan(pool)["state"] == "paused"
    assert look_at(pool) is None


def test_one_that_has_run_for_the_last_time_stays_so_while_its_time_is_the_same(
    pool: Pool,
) -> None:
    planned(pool, NOW)
    take(pool, step(pool, NOW, 0))

    store(pool, declaration())
    assert plan(pool)["state"] == "finished"
    assert look_at(pool) == NOW + 7 * 24 * 60 * MINUTE

    store(pool, declaration(timing=OTHER_TIMES))
    assert plan(pool)["state"] == "active"
    assert look_at(pool) == 0


def test_what_could_not_be_planned_is_tried_when_it_is_said_again(pool: Pool) -> None:
    store(pool, declaration())
    take(pool, step(pool, 0, 0, problem="no such zone"))

    store(pool, declaration())

    assert plan(pool)["problem"] == ""
    assert look_at(pool) == 0


# --- declarations of code -------------------------------------------------------------------------


def test_the_same_declaration_is_a_sign_of_life(pool: Pool) -> None:
    store(pool, declared())
    revision = plan(pool)["revision"]
    pool.pass_time(20 * SECOND)

    assert store(pool, declared()) == ["same"]

    assert plan(pool)["last_declared"] == plan(pool)["last_held"] == NOW + 20 * SECOND
    assert plan(pool)["revision"] == revision


def test_signs_of_life_are_written_no_more_often_than_they_are_needed(pool: Pool) -> None:
    store(pool, declared())
    pool.pass_time(9 * SECOND)

    outcome, changed = pool.watch(commands.schedule(pool.keys, [declared()]))

    assert outcome[0].outcome == "same"
    assert changed == {}


def test_a_declaration_that_was_never_seen_replaces_the_former_one(pool: Pool) -> None:
    store(pool, declared(digest="old"))

    assert store(pool, declared(digest="new", body=b"new")) == ["stored"]
    assert spec(pool)[b"body"] == b"new"


def test_the_former_one_does_not_come_back_while_the_newer_one_lives(pool: Pool) -> None:
    store(pool, declared(digest="old"))
    store(pool, declared(digest="new", body=b"new"))
    for _ in range(10):  # workers of both, side by side
        pool.pass_time(20 * SECOND)
        assert store(pool, declared(digest="new", body=b"new")) == ["same"]
        assert store(pool, declared(digest="old")) == ["older"]

    assert spec(pool)[b"body"] == b"new"


def test_a_rollback_counts_once_the_newer_code_is_gone(pool: Pool) -> None:
    store(pool, declared(digest="old"))
    store(pool, declared(digest="new", body=b"new"))
    pool.pass_time(ALIVE - 1)
    assert store(pool, declared(digest="old")) == ["older"]
    pool.pass_time(1)

    assert store(pool, declared(digest="old")) == ["stored"]

    assert spec(pool)[b"body"] == b"body"
    assert store(pool, declared(digest="new", body=b"new")) == ["older"], "now that one is former"


def test_living_old_code_keeps_the_name_declared(pool: Pool) -> None:
    store(pool, declared(digest="old"))
    store(pool, declared(digest="new"))
    pool.pass_time(60 * SECOND)
    store(pool, declared(digest="old"))

    assert plan(pool)["last_declared"] == NOW + 60 * SECOND
    assert plan(pool)["last_held"] == NOW


def test_the_slots_of_a_schedule_that_deploys_change_stay(pool: Pool) -> None:
    planned(pool, SLOT, declared(digest="old"))

    for digest in ("new", "newer", "newest"):
        store(pool, declared(digest=digest, body=digest.encode()))

    assert look_at(pool) == SLOT


def test_nobody_replaces_by_hand_what_running_code_declares(pool: Pool) -> None:
    store(pool, declared())

    outcome, changed = pool.watch(commands.schedule(pool.keys, [declaration(digest="mine")]))
    assert outcome[0].outcome == "code"
    assert changed == {}

    pool.pass_time(ALIVE)
    assert store(pool, declaration(digest="mine")) == ["stored"]


def test_code_takes_over_what_was_made_by_hand(pool: Pool) -> None:
    planned(pool, SLOT)

    assert store(pool, declared(digest="d2")) == ["stored"]
    assert spec(pool)[b"source"] == b"code"
    assert look_at(pool) == SLOT


def test_one_that_belongs_elsewhere_is_only_asked_about(pool: Pool) -> None:
    store(pool, declared(digest="old"))
    ask = commands.schedule(pool.keys, [declared(digest="new")], elsewhere=True)

    (answer,), changed = pool.watch(ask)

    assert answer[:2] == ("moves", plan(pool)["revision"])
    assert changed == {}


def test_one_that_moves_takes_its_slot_its_pause_and_its_former_declarations_along(
    pool: Pool,
) -> None:
    planned(pool, SLOT, declared(digest="old"))
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))
    new = declared(digest="new")
    (answer,) = pool.ask(commands.schedule(pool.keys, [new], elsewhere=True))
    pool.ask(commands.unschedule(pool.keys, "s", answer.revision, moving=True))

    pool.ask(commands.schedule(pool.keys, [new], carried={"s": answer.carried}))

    assert (plan(pool)["state"], plan(pool)["slot"]) == ("paused", SLOT)
    assert plan(pool)["revision"] > answer.revision
    assert store(pool, declared(digest="old")) == ["older"]


def test_bytes_that_nobody_can_read_are_written_anew(pool: Pool) -> None:
    store(pool, declaration())
    pool.redis.hset(pool.keys.schedules, "s", b"\xc1")
    pool.redis.hset(pool.keys.schedule_plans, "s", b"\xc1")

    assert store(pool, declaration()) == ["stored"]
    assert plan(pool)["state"] == "active"


def test_fields_that_this_version_does_not_know_stay(pool: Pool) -> None:
    planned(pool, SLOT)
    kept = {**plan(pool), "of the future": 7}
    pool.redis.hset(pool.keys.schedule_plans, "s", msgpack.packb(kept))

    store(pool, declaration(digest="d2"))
    take(pool, step(pool, 0, SLOT + MINUTE))

    assert plan(pool)["of the future"] == 7
