"""The bugs that the machine has to find in how a task is handed over to an idle instance."""

from __future__ import annotations

from typing import Final

from tests.protocol.planting import NOTHING, bug

EXCHANGE_LUA: Final = "exchange.lua"
HANDOFF_LUA: Final = "includes/handoff.lua"

HANDING: Final = (
    bug(
        "a task is handed over past those that wait",
        (HANDOFF_LUA, "redis.call('EXISTS', ready, gates) > 0", "false"),
    ),
    bug(
        "a task is handed over to one that may not run it",
        (HANDOFF_LUA, "class and not gate_for(class, record)", "class"),
    ),
    bug(
        "a task is handed over to one that does not listen",
        (HANDOFF_LUA, "if heard ~= 0 then", "if true then"),
    ),
    bug(
        "what is handed over has not the number of the next exchange",
        (HANDOFF_LUA, "me[NUMBER] = me[NUMBER] + 1", NOTHING),
    ),
    bug(
        "the exchange does not answer what was handed over",
        (HANDOFF_LUA, "me[GAVE] = { id, record[EPOCH] }", NOTHING),
    ),
    bug(
        "an instance stays idle with a task that was handed over to it",
        (HANDOFF_LUA, "  zset(idle, instance, false)\n", NOTHING),
    ),
    bug(
        "an instance that wants nothing is handed a task",
        (EXCHANGE_LUA, "elseif tonumber(free) > 0 and not class.solo then", "else"),
    ),
    bug(
        "what is handed over has no lease",
        (HANDOFF_LUA, "  zset(lease, instance, now + me[LEASE_MS])\n", NOTHING),
    ),
)
