-- A worker process or a coordinator tells what it is and does, or a worker what its code says of a job; reports
-- that do not count any more leave.
-- flags: allow-oom
-- KEYS[1] workers   or coordinators, or jobs
-- KEYS[2] alive   or coordinating, or telling
-- ARGV[1] name  of the process, or of the job
-- ARGV[2] report  packed, empty when it leaves
-- ARGV[3] ttl_ms  how long the report counts
-- Returns how many reports count.
-- include: names
-- include: clock
local gone = redis.call('ZRANGEBYSCORE', alive, '-inf', now, 'LIMIT', 0, 100)
if report == '' then
  gone[#gone + 1] = name
else
  redis.call('HSET', workers, name, report)
  redis.call('ZADD', alive, now + ttl_ms, name)
end
for _, other in ipairs(gone) do
  if report == '' or other ~= name then
    redis.call('HDEL', workers, other)
    redis.call('ZREM', alive, other)
  end
end
return redis.call('ZCARD', alive)
