-- Submits tasks: each is stored and takes its place, or is refused, in one step.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] keys
-- KEYS[9] running
-- KEYS[10] gates
-- KEYS[11] limits
-- KEYS[12] lease
-- KEYS[13] classes
-- KEYS[14] done_succeeded
-- KEYS[15] done_failed
-- KEYS[16] done_dead
-- KEYS[17] done_cancelled
-- KEYS[18] expiring
-- KEYS[19] stats
-- KEYS[20] meta
-- ARGV[1] existing   1 when a live task with the same key is the answer, 0 when it is a refusal
-- ARGV[2..] one task each, msgpack {id, job, priority, key, group, token, delay (ms), at (ms), expires_in (ms),
--   ttl (ms), body}; `at` is absolute and wins where it is not 0
-- Returns a flat list of what was not stored anew: index (from 1), outcome, id or limit. Outcomes: 'same' (this
-- very submission was stored before), 'existing', 'duplicate_id', 'duplicate_key', 'full'.
-- include: submit
local FIRST = 2

local requests = {}
for i = FIRST, #ARGV do requests[#requests + 1] = cmsgpack.unpack(ARGV[i]) end
read_for(requests)

local answers = {}
for i, request in ipairs(requests) do
  local outcome, detail = submit(request)
  if outcome == 'duplicate_key' and existing == '1' then outcome = 'existing' end
  if outcome ~= 'stored' then
    for _, value in ipairs({ i, outcome, detail }) do answers[#answers + 1] = value end
  end
end
if submitted > 0 then write_submissions() end
return answers
