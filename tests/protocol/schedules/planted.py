"""Mistakes that the scripts of schedules could have; the machine has to find each of them."""

from __future__ import annotations

from typing import Final

from tests.protocol.planting import bug

NOTHING: Final = ""

BUGS: Final = (
    bug(
        "a slot is fired that is not stored", ("fire.lua", "or plan.slot ~= firing.stored", NOTHING)
    ),
    bug(
        "a schedule is fired that has changed since",
        ("fire.lua", "plan.revision ~= firing.revision", "false"),
    ),
    bug("the future is fired", ("fire.lua", "if firing.run > now then", "if false then")),
    bug("the next slot is not stored", ("fire.lua", "  plan.slot = firing.next\n", NOTHING)),
    bug("a full pool loses the slot", ("fire.lua", "if outcome == 'full' then", "if false then")),
    bug(
        "a former run does not count as overlap",
        ("fire.lua", "if alone and #plan.unfinished > 0", "if false"),
    ),
    bug(
        "a run that has ended counts as overlap",
        ("includes/runs.lua", "if lives(id) then left", "if true then left"),
    ),
    bug(
        "a paused schedule is looked at",
        (
            "includes/schedules.lua",
            "plan.state ~= PAUSED and (look_at or plan.slot) or false",
            "look_at or plan.slot",
        ),
    ),
    bug(
        "a paused schedule fires",
        ("fire.lua", "if plan.state == PAUSED then return 'paused' end\n", NOTHING),
    ),
    bug(
        "what is resumed goes on from where it stood",
        (
            "pause_schedule.lua",
            "if wanted == ACTIVE then plan.slot, plan.from = 0, now end",
            NOTHING,
        ),
    ),
    bug(
        "a schedule that was removed leaves its slot",
        ("includes/schedules.lua", "  zset(slots, name, false)\n  delete", "  delete"),
    ),
    bug(
        "a schedule that was removed leaves its past",
        ("includes/schedules.lua", "  delete(runs_of(name))\n", NOTHING),
    ),
    bug(
        "a change has no number",
        ("includes/schedules.lua", "math.max(plan.revision + 1, now)", "now"),
    ),
    bug(
        "a schedule leaves its pool though it has fired since it was copied",
        ("unschedule.lua", "tonumber(slot) ~= plan.slot then", "false then"),
    ),
    bug(
        "a copy of an earlier try stays",
        ("schedule.lua", "if spec and plan and not is_moving then", "if spec and plan then"),
    ),
    bug(
        "living code lets its schedule be removed",
        (
            "unschedule.lua",
            "and is_declared(plan) then return 'code'",
            "and false then return 'code'",
        ),
    ),
    bug(
        "old code turns a deploy back",
        (
            "schedule.lua",
            "and plan.last_held + DECLARED_FOR > now and 'older'",
            "and false and 'older'",
        ),
    ),
    bug(
        "what moves forgets where it stood", ("schedule.lua", "if not carried then", "if true then")
    ),
)
