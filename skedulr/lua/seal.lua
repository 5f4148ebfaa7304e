-- All nodes of an addition to a workflow have been submitted, or given up.
-- flags: allow-oom
-- KEYS[1] opening
-- ARGV[1] id
-- ARGV[2] addition   token of the nodes
-- Returns 1 where that had not been said before.
-- include: additions
return redis.call('ZREM', opening, addition_of(id, addition))
