"""`fire`: a slot runs once, and the next one takes its place in the same step."""

from datetime import datetime

import pytest

from skedulr import commands
from skedulr.commands import Firing
from skedulr.states import State
from tests.scripts.schedules import (
    NEXT,
    RUN,
    SLOT,
    declaration,
    look_at,
    plan,
    planned,
    runs,
    step,
    store,
    take,
)
from tests.scripts.snapshot import record_of
from tests.scripts.support import DAY, MINUTE, NOW, SECOND, Pool, score, wake


def test_the_slot_is_enqueued_and_the_next_one_stored(pool: Pool) -> None:
    made = declaration(priority=7, key="k", group="tenant", ttl=DAY, expires_in=SECOND)
    planned(pool, SLOT, made)
    pool.join()
    pool.pass_time(MINUTE)

    outcomes, changed = pool.watch(
        commands.fire(pool.keys, [step(pool, SLOT, NEXT, outlook=b"later")])
    )

    assert outcomes == ["fired"]
    assert changed["tasks"] == {
        RUN: record_of(
            state=State.QUEUED,
            priority=7,
            score=score(1, priority=7),
            epoch=SLOT,
            group="tenant",
            key="k",
            enqueued_at=SLOT,
            expires_at=SLOT + SECOND,
            ttl=DAY,
        )
    }
    assert changed["ready"] == {RUN: score(1, priority=7)}
    assert changed["keys"] == {"k": RUN}
    assert changed["slots"] == {"s": NEXT}
    assert changed["counted"] == {"enqueued": 1}
    assert changed[wake("job")] == {"go": 0}
    assert plan(pool)["slot"] == NEXT
    assert plan(pool)["fired"] == 1
    assert plan(pool)["outlook"] == "later"
    (run,) = runs(pool)
    assert (run.outcome, run.slot_ms, run.at_ms, run.task) == ("fired", SLOT, SLOT, RUN)


def test_a_firing_that_arrives_again_changes_nothing(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    firing = step(pool, SLOT, NEXT)
    assert take(pool, firing) == ["fired"]

    outcomes, changed = pool.watch(commands.fire(pool.keys, [firing]))

    assert outcomes == ["already"]
    assert changed == {}


def test_of_two_coordinators_one_fires(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    one, other = step(pool, SLOT, NEXT), step(pool, SLOT, NEXT + SECOND)

    assert take(pool, one) == ["fired"]
    assert take(pool, other) == ["already"]
    assert plan(pool)["slot"] == NEXT


def test_a_slot_in_the_future_is_refused(pool: Pool) -> None:
    planned(pool, SLOT)

    outcomes, changed = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))

    assert outcomes == ["early"]
    assert changed == {}


def test_a_schedule_that_has_changed_meanwhile_is_not_fired(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    firing = step(pool, SLOT, NEXT)
    store(pool, declaration(digest="d2", body=b"other"))

    assert take(pool, firing) == ["changed"]
    assert take(pool, step(pool, SLOT, NEXT)) == ["fired"]
    assert pool.redis.hget(pool.keys.tasks, RUN).endswith(b"other")


def test_a_slot_that_ran_before_its_schedule_was_removed_does_not_run_again(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    take(pool, step(pool, SLOT, NEXT))
    pool.ask(commands.unschedule(pool.keys, "s"))
    pool.pass_time(-1)
    planned(pool, SLOT)
    pool.pass_time(1)

    outcomes, changed = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))

    assert outcomes == ["fired"], "the slot has run"
    assert "tasks" not in changed
    assert "counted" not in changed


def test_a_run_with_jitter_is_due_later(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)

    take(pool, step(pool, SLOT, NEXT, due_at=SLOT + SECOND))

    assert pool.field(RUN, "state") == State.SCHEDULED
    assert pool.queue("due") == [RUN]
    assert pool.redis.zscore(pool.keys.due, RUN) == SLOT + SECOND


# --- the end, and what cannot be planned ----------------------------------------------------------


def test_the_last_slot_finishes_a_schedule(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)

    assert take(pool, step(pool, SLOT, 0)) == ["fired"]

    assert plan(pool)["state"] == "finished"
    assert look_at(pool) == SLOT + 7 * DAY, "so long it can be looked at"
    assert take(pool, step(pool, SLOT, 0, stored=0)) == ["already"]


def test_what_cannot_be_planned_is_said_and_tried_again_later(pool: Pool) -> None:
    store(pool, declaration())

    assert take(pool, step(pool, 0, 0, problem="no such zone")) == ["planned"]

    assert plan(pool)["problem"] == "no such zone"
    assert plan(pool)["state"] == "active"
    assert look_at(pool) == NOW + 10 * MINUTE
    assert take(pool, step(pool, 0, SLOT)) == ["planned"]
    assert plan(pool)["problem"] == ""


@pytest.mark.parametrize("firing", [Firing("none", 1, 0, 0, 0, SLOT)])
def test_one_that_is_gone_leaves_no_slot(pool: Pool, firing: Firing) -> None:
    pool.redis.zadd(pool.keys.slots, {"none": 0})

    assert take(pool, firing) == ["missing"]
    assert look_at(pool, "none") is None


def test_a_paused_schedule_is_not_fired(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.ask(commands.pause_schedule(pool.keys, "s", stop=True))
    pool.pass_time(MINUTE)

    outcomes, changed = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))

    assert outcomes == ["paused"]
    assert changed == {}


def test_the_last_fifty_entries_are_kept(pool: Pool) -> None:
    planned(pool, SLOT)
    for n in range(60):
        pool.pass_time(MINUTE)
        slot = SLOT + n * MINUTE
        take(pool, step(pool, slot, slot + MINUTE))

    assert len(runs(pool)) == 50
    assert runs(pool)[-1].slot_ms == SLOT + 59 * MINUTE


@pytest.mark.parametrize(
    "moment",
    [
        "1970-01-01T00:00:01Z",
        "2000-02-29T23:59:59Z",
        "2023-11-14T22:14:20.123Z",
        "2024-02-29T00:00:00Z",
        "2024-12-31T23:59:59.001Z",
        "2100-03-01T12:30:00Z",
        "2999-12-31T00:00:00Z",
    ],
)
def test_the_id_of_a_run_tells_its_slot(pool: Pool, moment: str) -> None:
    slot = round(datetime.fromisoformat(moment).timestamp() * 1000)
    pool.pass_time(slot - pool.now - 1)
    planned(pool, slot)
    pool.pass_time(1)

    assert take(pool, step(pool, slot, 0)) == ["fired"]
    assert runs(pool)[0].task == f"s@{moment}"


def test_a_slot_that_has_run_runs_no_more_also_when_its_task_was_run_again(pool: Pool) -> None:
    planned(pool, SLOT)
    pool.pass_time(MINUTE)
    assert take(pool, step(pool, SLOT, NEXT)) == ["fired"]
    pool.ask(commands.cancel(pool.keys, RUN))
    pool.ask(commands.resubmit(pool.keys, RUN, 0, b"again"))
    pool.ask(commands.cancel(pool.keys, RUN))
    pool.ask(commands.unschedule(pool.keys, "s"))
    planned(pool, SLOT)

    outcomes, changed = pool.watch(commands.fire(pool.keys, [step(pool, SLOT, NEXT)]))

    assert outcomes == ["fired"]
    assert "tasks" not in changed
    assert changed["slots"] == {"s": NEXT}
