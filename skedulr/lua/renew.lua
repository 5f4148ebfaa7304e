-- Says that an addition to a workflow is still being submitted.
-- flags: allow-oom
-- KEYS[1] opening
-- ARGV[1] id
-- ARGV[2] addition   token of the nodes
-- Returns 1, or 0 where it has been given up, or sealed.
-- include: additions
local heard = heard_until(id, addition)
if not heard or heard == GIVEN_UP then return 0 end
redis.call('ZADD', opening, now + HEARD_WITHIN, addition_of(id, addition))
return 1
