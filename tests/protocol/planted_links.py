"""The bugs that it has to find where tasks hang on others, and in workflows."""

from __future__ import annotations

from typing import Final

from tests.protocol.planting import NOTHING, bug

LINKS: Final = (
    bug(
        "a parent that is taken away is still awaited",
        (
            "hang.lua",
            "if edge[EDGE_STANDING] == PENDING then record[AWAITS] = record[AWAITS] - 1 end",
            NOTHING,
        ),
    ),
    bug("an edge that is there is hung anew", ("hang.lua", "  if not edge then", "  if true then")),
    bug(
        "a task waits for nothing",
        ("hang.lua", "if record[STATE] ~= WAITING or record[AWAITS] == 0", "if false"),
    ),
    bug(
        "an end is told to nobody",
        ("includes/endings.lua", "    emit(events, 'ended', id, record[EPOCH])\n", NOTHING),
    ),
    bug(
        "an edge is decided twice",
        ("trigger.lua", "edge[EDGE_STANDING] ~= PENDING or ", NOTHING),
    ),
    bug(
        "an old end counts for a new wait", ("trigger.lua", "or epoch <= edge[EDGE_SINCE]", NOTHING)
    ),
    bug("one parent is enough", ("trigger.lua", "and record[AWAITS] == 0 then", "then")),
    bug(
        "what can run no more waits on",
        ("trigger.lua", "finish(id, record, CANCELLED, 'upstream')", "changed[id] = true"),
    ),
    bug(
        "a cancelled parent counts as failed",
        ("trigger.lua", "or state == DEAD end", "or state >= DEAD end"),
    ),
    bug(
        "the delay of a child begins with its submission",
        ("trigger.lua", "now + tonumber(delay)", "record[ENQUEUED_AT] + tonumber(delay)"),
    ),
    bug(
        "a parent that has ended does not say so",
        ("link.lua", "and is_terminal(record) then answer", "and false then answer"),
    ),
    bug(
        "a parent does not know of children that came before it",
        (
            "includes/submit.lua",
            "    record[LINKED] = LISTENED\n    zset(orphans",
            "    zset(orphans",
        ),
    ),
    bug(
        "children that were not told are forgotten with the id's former task",
        ("includes/submit.lua", "if former[LINKED] == UNREAD then", "if false then"),
    ),
    bug(
        "an event of a former end settles the new one",
        ("settle.lua", "and record[EPOCH] == ending[2] then", "then"),
    ),
    bug(
        "a task that is run again does not wait anew",
        ("rewind.lua", "edge[EDGE_STANDING], edge[EDGE_SINCE] = PENDING,", "edge[EDGE_SINCE] = "),
    ),
)

FLOWS: Final = (
    bug(
        "another task that has the id of a node counts for it",
        ("mark.lua", "before.token == one[5] and ", NOTHING),
    ),
    bug(
        "a workflow never hears of a node whose id is used again",
        ("includes/submit.lua", "if not flow then return end", "if true then return end"),
    ),
    bug(
        "what is old is news to a workflow",
        (
            "mark.lua",
            "return epoch > before.epoch or (epoch == before.epoch and",
            "return true or (",
        ),
    ),
    bug(
        "an end does not count for a node that was open at its epoch",
        (
            "mark.lua",
            "epoch > before.epoch or (epoch == before.epoch and before.standing == OPEN "
            "and standing ~= OPEN)",
            "epoch > before.epoch",
        ),
    ),
    bug(
        "nodes that are there are counted again",
        ("begin.lua", "if is_wanted(there[i], node[2]) then", "if true then"),
    ),
    bug(
        "a node that was cancelled cannot be added again",
        ("begin.lua", "if not before or is_cancelled(before, token) then", "if not before then"),
    ),
    bug(
        "a second workflow takes the place of an open one",
        ("begin.lua", "if is_other and known.counts.open > 0", "if false"),
    ),
    bug(
        "who was given up comes back",
        ("begin.lua", "if heard == GIVEN_UP then return { 'given_up', 0 } end\n", NOTHING),
    ),
    bug(
        "a node of another addition is taken over",
        (
            "begin.lua",
            "return addition ~= '' and before.token ~= token and 'known' or nil",
            NOTHING,
        ),
    ),
    bug("a submission that was given up goes on", ("renew.lua", "or heard == GIVEN_UP", NOTHING)),
    bug(
        "a producer that was just heard of is given up",
        ("forsake.lua", "if overdue == '1' and heard > now then return 'renewed' end\n", NOTHING),
    ),
    bug(
        "nodes that have been heard of are given up",
        ("forsake.lua", "before.epoch == 0 and", NOTHING),
    ),
    bug(
        "nodes of others are given up along",
        ("forsake.lua", "and before.token == addition then", "then"),
    ),
    bug(
        "a late repetition opens an addition again",
        ("begin.lua", "(added > 0 or is_new or heard)", "true"),
    ),
    bug(
        "a workflow that lives again counts as ended",
        ("includes/flows.lua", "    zset(flows_ended, id, false)\n", NOTHING),
    ),
)
