"""From a schedule that is due to the steps that it takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from skedulr.commands import Firing
from skedulr.schedules import schedule, timing
from skedulr.schedules.schedule import CODE, DECLARED_FOR_MS, Plan, Spec
from skedulr_coordinator.catching_up import Step, steps
from skedulr_coordinator.slots import Slots, slots_of
from skedulr_coordinator.words import words

UPCOMING: Final = 4
"""Slots after the next one that people are shown."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds for all schedules that are looked at together."""

    now_ms: int
    """Redis' time."""
    workers_live: bool
    """Whether code runs that could declare schedules."""


def firings(spec: Spec, plan: Plan, moment: Moment) -> list[Firing]:
    """The steps of a schedule that is due, in their order; one with a ``problem`` where this
    version cannot plan it; none where another coordinator has taken the slot since it was found.
    """
    if plan.slot > moment.now_ms:
        return []
    try:
        when = timing.unpack(spec.timing)
        policy = timing.unpack_policy(spec.policy)
        slots = slots_of(when, plan.anchor)
        taken = _steps(slots, plan, moment.now_ms, policy)
        outlook = schedule.pack_outlook(words(when), _upcoming(slots, taken[-1].next))
    except ValueError as error:
        return [Firing(spec.name, plan.revision, plan.slot, 0, 0, 0, problem=str(error))]
    return [
        Firing(
            name=spec.name,
            revision=plan.revision,
            stored=stored,
            run=step.run,
            due_at=step.run and step.run + jitter_ms(spec.name, step.run, policy.jitter_ms),
            next=step.next,
            missed=step.missed,
            alone=int(_is_orphaned(spec, plan, moment)),
            outlook=outlook,
        )
        for stored, step in zip([plan.slot, *(each.next for each in taken)], taken, strict=False)
    ]


def _steps(slots: Slots, plan: Plan, now_ms: int, policy: timing.Policy) -> list[Step]:
    if plan.slot == 0:
        return [Step(0, 0, slots.first(plan.since))]
    return steps(slots, plan.slot, now_ms, policy)


def jitter_ms(name: str, slot: int, most: int) -> int:
    """How long a run is put off, at most ``most``: the same in every coordinator."""
    digest = hashlib.blake2b(f"{name}@{slot}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * (most + 1) >> 64


def _is_orphaned(spec: Spec, plan: Plan, moment: Moment) -> bool:
    """Whether nobody may be there any more who knows what it runs: then its runs must not pile
    up.
    """
    silent = plan.declared_ms + DECLARED_FOR_MS <= moment.now_ms
    return spec.source == CODE and moment.workers_live and silent


def _upcoming(slots: Slots, slot: int) -> list[int]:
    """The slots that follow one, as many as people are shown."""
    found: list[int] = []
    while slot and len(found) <= UPCOMING:
        found.append(slot)
        slot = slots.after(slot)
    return found[1:]
