-- Moves up to 100 due tasks into the queue, in the order of their time.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] waiters
-- KEYS[5] keys
-- KEYS[6] running
-- KEYS[7] gates
-- KEYS[8] limits
-- KEYS[9] lease
-- KEYS[10] classes
-- KEYS[11] done_succeeded
-- KEYS[12] done_failed
-- KEYS[13] done_dead
-- KEYS[14] done_cancelled
-- KEYS[15] expiring
-- KEYS[16] stats
-- KEYS[17] meta
-- Returns {more, next_at}: more is 1 when others are due already, next_at the earliest due time (ms) or 0.
-- include: promote
-- include: due
-- include: wake
local more = promote()
flush()
wake()
return { more and 1 or 0, next_due() }
