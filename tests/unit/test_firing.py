"""What a coordinator does about a schedule that it found due."""

from __future__ import annotations

import pytest

from skedulr.schedules import timing
from skedulr.schedules.schedule import Plan, Spec
from skedulr.schedules.timing import Interval, Policy
from skedulr_coordinator.firing import Moment, firings

SECOND = 1000
ANCHOR = 1_800_000_000_000
POLICIES = [Policy("skip"), Policy("latest"), Policy("all", 100)]
EVERY_POLICY = pytest.mark.parametrize("policy", POLICIES, ids=lambda each: each.text)


def spec_of(policy: Policy) -> Spec:
    return Spec(
        name="tick",
        source="run time",
        timing=timing.pack(Interval(SECOND)),
        policy=policy.pack(),
        overlap="allow",
        job="tick",
        changed_ms=0,
        created_ms=0,
    )


def plan_at(slot: int) -> Plan:
    return Plan(
        revision=1,
        state="active",
        slot=slot,
        anchor=ANCHOR,
        since=ANCHOR,
        declared_ms=0,
        fired=1,
        unfinished=[],
        outlook=b"",
        problem="",
    )


@EVERY_POLICY
def test_a_due_slot_runs_and_the_next_one_follows(policy: Policy) -> None:
    due = ANCHOR + SECOND
    (step,) = firings(spec_of(policy), plan_at(due), Moment(due, workers_live=True))
    assert (step.run, step.next, step.problem) == (due, due + SECOND, "")


@EVERY_POLICY
def test_nothing_is_done_about_a_slot_that_another_coordinator_has_just_taken(
    policy: Policy,
) -> None:
    """It was found due, and its plan was read after the other one had moved it on."""
    due = ANCHOR + SECOND
    moved_on = plan_at(due + SECOND)
    assert firings(spec_of(policy), moved_on, Moment(due, workers_live=True)) == []
