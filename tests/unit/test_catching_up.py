"""Which slots run after an absence, and which are passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skedulr.schedules.timing import Interval, Once, Policy
from skedulr_coordinator.catching_up import GRACE_MS, LAST_GRACE_MS, MOST_STEPS, Step, steps
from skedulr_coordinator.slots import slots_of

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
ANCHOR = 1_800_000_000_000
SKIP, LATEST, ALL = Policy("skip"), Policy("latest"), Policy("all", 100)
EVERY_POLICY = pytest.mark.parametrize("policy", [SKIP, LATEST, ALL], ids=lambda each: each.text)

hourly = slots_of(Interval(HOUR), ANCHOR)
each_second = slots_of(Interval(SECOND), ANCHOR)


def hour(number: float) -> int:
    return round(ANCHOR + number * HOUR)


@EVERY_POLICY
@pytest.mark.parametrize("late", [0, 1, GRACE_MS])
def test_a_slot_in_time_runs(policy: Policy, late: int) -> None:
    assert steps(hourly, hour(1), hour(1) + late, policy) == [Step(hour(1), 0, hour(2))]


@EVERY_POLICY
def test_a_restart_misses_no_slot(policy: Policy) -> None:
    now = hour(1) + LAST_GRACE_MS
    assert steps(hourly, hour(1), now, policy) == [Step(hour(1), 0, hour(2))]


def test_what_is_later_is_missed() -> None:
    now = hour(1) + LAST_GRACE_MS + 1
    assert steps(hourly, hour(1), now, SKIP) == [Step(0, hour(1), hour(2))]
    assert steps(hourly, hour(1), now, LATEST) == [Step(hour(1), 0, hour(2))]


def test_after_an_absence_the_policy_decides() -> None:
    now = hour(5.5)
    assert steps(hourly, hour(2), now, SKIP) == [Step(0, hour(5), hour(6))]
    assert steps(hourly, hour(2), now, LATEST) == [Step(hour(5), hour(4), hour(6))]
    assert steps(hourly, hour(2), now, Policy("all", 2)) == [
        Step(hour(4), hour(3), hour(5)),
        Step(hour(5), 0, hour(6)),
    ]
    assert steps(hourly, hour(2), now, ALL) == [
        Step(hour(slot), 0, hour(slot + 1)) for slot in (2, 3, 4, 5)
    ]


@EVERY_POLICY
def test_a_slot_that_is_just_due_runs_whatever_was_missed_before(policy: Policy) -> None:
    taken = steps(hourly, hour(2), hour(5), policy)
    assert taken[-1] == Step(hour(5), taken[-1].missed, hour(6))


@EVERY_POLICY
def test_a_short_stall_misses_nothing(policy: Policy) -> None:
    first = ANCHOR + SECOND
    taken = steps(each_second, first, first + GRACE_MS, policy)
    assert [step.run for step in taken] == [first + n * SECOND for n in range(6)]
    assert not any(step.missed for step in taken)


@EVERY_POLICY
def test_the_only_slot_is_the_last_one(policy: Policy) -> None:
    once = slots_of(Once(ANCHOR), 0)
    assert steps(once, ANCHOR, ANCHOR + SECOND, policy) == [Step(ANCHOR, 0, 0)]


def test_a_single_slot_that_was_missed_is_late_or_passed_over() -> None:
    once = slots_of(Once(ANCHOR), 0)
    assert steps(once, ANCHOR, ANCHOR + HOUR, LATEST) == [Step(ANCHOR, 0, 0)]
    assert steps(once, ANCHOR, ANCHOR + HOUR, SKIP) == [Step(0, ANCHOR, 0)]


def test_there_is_an_end_to_what_is_done_at_once() -> None:
    first = ANCHOR + SECOND
    taken = steps(each_second, first, first + 500 * SECOND, Policy("all", 1000))
    assert len(taken) == MOST_STEPS
    assert taken[-1].next == first + MOST_STEPS * SECOND, "from where it goes on"


@given(
    every=st.integers(1, 200).map(lambda seconds: seconds * SECOND),
    missed=st.integers(0, 300),
    late=st.integers(0, 199_999),
    policy=st.sampled_from([SKIP, LATEST, ALL, Policy("all", 1), Policy("all", 1000)]),
)
def test_each_step_begins_where_the_one_before_ends(
    every: int, missed: int, late: int, policy: Policy
) -> None:
    slots, stored = slots_of(Interval(every), ANCHOR), ANCHOR + every
    now = stored + missed * every + late % every

    taken = steps(slots, stored, now, policy)

    assert 1 <= len(taken) <= MOST_STEPS
    at = stored
    for step in taken:
        passed = range(at, step.missed + 1, every) if step.missed else []
        decided = [*passed, *([step.run] if step.run else [])]
        assert decided == list(range(at, step.next, every)), "each slot is decided once"
        at = step.next
    assert at > now or len(taken) == MOST_STEPS
