-- Submits tasks: each is stored and takes its place, or is refused, in one step.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] payloads
-- KEYS[6] results
-- KEYS[7] attempts
-- KEYS[8] progress
-- KEYS[9] keys
-- KEYS[10] running
-- KEYS[11] gates
-- KEYS[12] limits
-- KEYS[13] lease
-- KEYS[14] classes
-- KEYS[15] done_succeeded
-- KEYS[16] done_failed
-- KEYS[17] done_dead
-- KEYS[18] done_cancelled
-- KEYS[19] expiring
-- KEYS[20] stats
-- KEYS[21] meta
-- KEYS[22] events
-- KEYS[23] orphans
-- KEYS[24] inst
-- KEYS[25] idle
-- ARGV[1] existing   1 when a live task with the same key is the answer, 0 when it is a refusal
-- ARGV[2..] four for each task: its id, its priority, its record as includes/submit.lua has it sealed, and the wish
--   beside it, msgpack {key, token, delay (ms), at (ms), expires_in (ms), body, parents, workflow} or empty: `at` is
--   absolute and wins where it is not 0, the body is that of a spilled record, else empty; the last two may be missing:
--   {{pool/id, condition, 1 when its result is an input, since}, ...}, where since may be missing and only an end of a
--   newer epoch counts, and the pool/id of the workflow that it belongs to
-- Returns a flat list of what was not stored anew: index (from 1), outcome, id or limit. Outcomes: 'same' (this
-- very submission was stored before), 'existing', 'duplicate_id', 'duplicate_key', 'full'.
-- include: submit
local FIRST, STRIDE = 2, 4

local requests = {}
for i = FIRST, #ARGV, STRIDE do
  local wish = ARGV[i + 3] ~= '' and cmsgpack.unpack(ARGV[i + 3])
  requests[#requests + 1] = { ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], wish }
end
read_for(requests)

local answers = {}
for i, request in ipairs(requests) do
  local outcome, detail = submit(request)
  if outcome == 'duplicate_key' and existing == '1' then outcome = 'existing' end
  if outcome ~= 'stored' then
    for _, value in ipairs({ i, outcome, detail }) do answers[#answers + 1] = value end
  end
end
if submitted == 0 or write_unless_waking() then return answers end

-- include: handoff
if #requests == 1 and hand_over(requests[1][1]) then return answers end

-- include: arrivals
write_and_wake()
return answers
