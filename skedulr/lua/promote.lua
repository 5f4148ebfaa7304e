-- Moves up to 100 due tasks into the queue, in the order of their time.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] waiters
-- KEYS[6] keys
-- KEYS[7] running
-- KEYS[8] gates
-- KEYS[9] limits
-- KEYS[10] lease
-- KEYS[11] classes
-- KEYS[12] done_succeeded
-- KEYS[13] done_failed
-- KEYS[14] done_dead
-- KEYS[15] done_cancelled
-- KEYS[16] expiring
-- KEYS[17] stats
-- KEYS[18] meta
-- KEYS[19] events
-- Returns {more, next_at}: more is 1 when others are due already, next_at the earliest due time (ms) or 0.
-- include: promote
-- include: due
-- include: wake
local more = promote()
flush()
wake()
return { more and 1 or 0, next_due() }
