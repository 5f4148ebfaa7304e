-- Moves up to 100 due tasks into the queue, in the order of their time.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] waiters
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
-- Returns {more, next_at}: more is 1 when others are due already, next_at the earliest due time (ms) or 0.
-- include: promote
-- include: wake
local more = promote()
flush()
wake()
return { more and 1 or 0, next_due() }
