-- All nodes of a workflow have been submitted, or given up.
-- flags: allow-oom
-- KEYS[1] opening
-- ARGV[1] id
-- Returns 1 where that had not been said before.
return redis.call('ZREM', opening, id)
