"""The bugs that the machine has to find, by the rule of the protocol that they break."""

from __future__ import annotations

from typing import Final

from tests.protocol.planted_handing import HANDING
from tests.protocol.planted_links import FLOWS, LINKS
from tests.protocol.planting import NOTHING, bug

PLACES_LUA: Final = "includes/places.lua"
QUEUE_LUA: Final = "includes/queue.lua"
ENDINGS_LUA: Final = "includes/endings.lua"
CLAIM_LUA: Final = "includes/claim.lua"
START_LUA: Final = "includes/start.lua"
ACKS_LUA: Final = "includes/acks.lua"
RELEASE_LUA: Final = "includes/release.lua"
LOSSES_LUA: Final = "includes/losses.lua"
CLASSES_LUA: Final = "includes/classes.lua"
ARRIVALS_LUA: Final = "includes/arrivals.lua"
RECORDS_LUA: Final = "includes/records.lua"
SUBMIT_LUA: Final = "includes/submit.lua"

FENCES: Final = (
    bug(
        "an acknowledgement counts for any claim",
        (ACKS_LUA, "return record[EPOCH] == epoch and (state ==", "return (state =="),
    ),
    bug(
        "an epoch does not come from the clock",
        (SUBMIT_LUA, "clear_former(id, former) or now", "clear_former(id, former) or 1"),
        (RECORDS_LUA, "math.max(record[EPOCH] + 1, now)", "record[EPOCH] + 1"),
    ),
    bug(
        "an acknowledgement sent again counts again",
        (ACKS_LUA, "if record[ENDED] == epoch then return true end", NOTHING),
    ),
    bug(
        "a released claim can still be acknowledged",
        (RELEASE_LUA, "record[ENDED] = epoch\n", "changed[id] = true\n"),
    ),
    bug(
        "a recovered claim cannot be acknowledged any more",
        (LOSSES_LUA, "if record[CANCEL] == 1 or not", "record[ENDED] = epoch if not"),
    ),
    bug(
        "a release does not look at the claim",
        (RELEASE_LUA, "and record[OWNER] == instance and record[EPOCH] == epoch", NOTHING),
    ),
    bug(
        "progress is kept for a claim that has ended",
        ("progress.lua", "record[STATE] == RUNNING and record[EPOCH] == epoch", "true"),
    ),
)

RETRIES: Final = (
    bug(
        "a submission has no token",
        (SUBMIT_LUA, "if former_token == token then", "if false then"),
    ),
    bug("a resubmission has no token", ("resubmit.lua", "if record[AGAIN] == again", "if false")),
    bug(
        "an exchange sent again claims again",
        ("exchange.lua", "if number == me[NUMBER]", "if false"),
    ),
    bug("a late exchange is not stale", ("exchange.lua", "if number < me[NUMBER]", "if false")),
    bug(
        "a cancellation does not look at the epoch",
        ("cancel.lua", "tonumber(epoch) ~= 0 and tonumber(epoch) ~= record[EPOCH]", "false"),
    ),
    bug(
        "log lines sent again are written again",
        ("log.lua", "math.max(before, record[LOGGED] - 1)", "before"),
    ),
    bug("an older pause wins", ("control.lua", "if tonumber(version) < newest", "if false")),
    bug(
        "a beat gives back what the process has not read yet",
        ("beat.lua", "elseif tonumber(number) <= tonumber(upto) then", "else"),
    ),
)

PLACES: Final = (
    bug(
        "a released task loses its place",
        (
            PLACES_LUA,
            "take(id, record, QUEUED)\n  put_into_queue",
            "take(id, record, QUEUED)\n  record[SCORE] = next_score(record[PRIORITY])\n"
            "  put_into_queue",
        ),
    ),
    bug("a gate drops its task", (QUEUE_LUA, "zset(held_at(gate), id, record[SCORE])", NOTHING)),
    bug(
        "a claimed task stays in the queue",
        (START_LUA, "take(id, record, RUNNING)", "record[STATE] = RUNNING\n  changed[id] = true"),
    ),
    bug(
        "a smaller priority is sooner",
        (QUEUE_LUA, "(HIGHEST_PRIORITY - priority) * SEQUENCE_SPAN", "priority * SEQUENCE_SPAN"),
    ),
    bug("the queue goes before the gates", (CLAIM_LUA, "score < lowest", "false")),
    bug(
        "a started task expires",
        (CLAIM_LUA, "record[STARTED_AT] == 0 and record[EXPIRES_AT]", "record[EXPIRES_AT]"),
    ),
)

COUNTS: Final = (
    bug(
        "a claim forgets when its task was submitted",
        (RECORDS_LUA, "record[ENQUEUED_AT] = record[EPOCH]", "record[ENQUEUED_AT] = now"),
    ),
    bug(
        "what code says of a limit wins over what somebody has set",
        ("includes/job_limits.lua", "if not (known and string.sub(known, 1, 1) == SET)", "if true"),
    ),
    bug(
        "a limit that is lifted forgets what code says",
        (
            "includes/job_limits.lua",
            "limit_job(job, tonumber(redis.call('HGET', declared, job) or -1), '')",
            "limit_job(job, -1, '')",
        ),
    ),
    bug(
        "a running task does not count for the limit of its job",
        (START_LUA, "zset(limited_of(record[JOB]), id, now_text)", NOTHING),
    ),
    bug(
        "a new limit does not count what runs",
        (
            "includes/job_limits.lua",
            "if not all_limits()[job] then begin_counting(job) end",
            NOTHING,
        ),
    ),
    bug(
        "a released task is charged an attempt",
        (
            RELEASE_LUA,
            "record[ENDED] = epoch\n",
            "record[ENDED] = epoch\n  record[ATTEMPT] = record[ATTEMPT] + 1\n",
        ),
    ),
    bug(
        "a crash in company is charged",
        ("leave.lua", "  return alone\n", "  return true\n"),
    ),
    bug(
        "a task whose own process has crashed is a suspect",
        (
            "includes/acks.lua",
            "record[SUSPECT], record[LOSSES] = 0, 0\n  end\n  requeue",
            "record[SUSPECT] = 1\n  end\n  requeue",
        ),
    ),
    bug(
        "losses make no suspects",
        (LOSSES_LUA, "LOSSES_BEFORE_SUSPICION = 2", "LOSSES_BEFORE_SUSPICION = 9"),
    ),
    bug(
        "the first loss makes a suspect",
        (LOSSES_LUA, "LOSSES_BEFORE_SUSPICION = 2", "LOSSES_BEFORE_SUSPICION = 1"),
    ),
    bug(
        "a crash in company is no loss",
        ("leave.lua", "local is_loss = crashed == '2' or", "local is_loss = crashed == '2' and"),
    ),
    bug(
        "a suspect is dead at once where it is lost",
        (LOSSES_LUA, "record[LOSSES] < LOSSES_BEFORE_DEATH", "false"),
    ),
    bug(
        "a paused pool claims", ("exchange.lua", "local wanted = paused and 0 or", "local wanted =")
    ),
    bug(
        "delayed tasks do not count for the capacity",
        ("includes/room.lua", "'HLEN', tasks", "'ZCARD', ready"),
    ),
)

WAKING: Final = (
    bug("control wakes nobody", ("control.lua", "= nil\nwake()", "= nil")),
    bug("release wakes nobody", ("release.lua", "flush()\nwake()", "flush()")),
    bug("an enqueue wakes nobody", (ARRIVALS_LUA, "if not is_awake then wake() end", NOTHING)),
    bug(
        "a marker stays without work",
        ("includes/wake.lua", "redis.call('DEL', wake_of(name))", NOTHING),
    ),
    bug("a new earliest task sets no timer", (ARRIVALS_LUA, "then wake_timers() end", "then end")),
    bug(
        "two classes pass a task to and fro that neither can run",
        (CLASSES_LUA, " .. (record[SUSPECT] == 1 and ':solo:' or ':job:') .. job", NOTHING),
        (
            CLASSES_LUA,
            "local version, inner = ",
            "if gate == 'wire:1' then return not class.solo and class.wire > 0 end\n"
            "  local version, inner = ",
        ),
    ),
)

ENDS: Final = (
    bug(
        "sweeps recover while they must wait",
        ("recover.lua", "if now < hold_until or not over", "if not over"),
    ),
    bug(
        "leases outlive a clock that was turned back",
        ("recover.lua", "zset(lease, name, now + longest)", NOTHING),
    ),
    bug(
        "a task takes the key that another holds, and frees it",
        ("resubmit.lua", "if holder and holds_key(holder) then", "if false then"),
        (ENDINGS_LUA, "redis.call('HGET', keys, record[KEY]) == id then", "true then"),
    ),
    bug(
        "a resubmission passes over the capacity",
        ("resubmit.lua", "if beyond ~= '1' and room_left() <= 0 then", "if false then"),
    ),
    bug(
        "a resubmitted task does not take its key again",
        (
            "includes/generation.lua",
            "if record[KEY] ~= '' then hash(keys, record[KEY], id) end",
            NOTHING,
        ),
    ),
    bug(
        "a release forgets that the task is cancelled",
        (RELEASE_LUA, "if record[CANCEL] == 1 then", "if false then"),
    ),
    bug(
        "a trim takes what has just ended",
        ("includes/history.lua", "'-inf', now - KEPT_AT_LEAST", "'-inf', now"),
    ),
    bug(
        "a short time to live is kept to the letter",
        (ENDINGS_LUA, "math.max(record[TTL], KEPT_AT_LEAST)", "record[TTL]"),
    ),
    bug(
        "a record leaves its result behind",
        ("includes/forget.lua", "hash(results, id, false)", NOTHING),
    ),
    bug("nobody is told of an end", (ENDINGS_LUA, "    tell_waiters(id)\n", NOTHING)),
)

BUGS: Final = (*FENCES, *RETRIES, *PLACES, *COUNTS, *WAKING, *HANDING, *ENDS, *LINKS, *FLOWS)
