-- An instance enters the pool, or says again what it can do: needed before its first exchange.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] tasks
-- KEYS[3] running
-- KEYS[4] gates
-- KEYS[5] limits
-- KEYS[6] declared
-- KEYS[7] inst
-- KEYS[8] seen
-- KEYS[9] lease
-- KEYS[10] classes
-- KEYS[11] stats
-- KEYS[12] meta
-- ARGV[1] instance
-- ARGV[2] class   short name of the set of jobs, the same for all instances that know the same
-- ARGV[3] jobs   'wire kind /job/job/': record format, 'any' or 'solo', jobs
-- ARGV[4] lease_ms
-- ARGV[5] slots   how many tasks it runs at once at most
-- ARGV[6] job_limits   msgpack map job -> how many of its tasks run at once in the pool as its code says, -1: no limit
-- Returns {'ok', paused, format}: paused is 1 when the pool is paused.
-- include: wake
-- include: instances
-- include: job_limits
local known = redis.call('HGET', inst, instance)
local me = known and cmsgpack.unpack(known) or { [NUMBER] = 0, [GAVE] = {} }
me[CLASS], me[LEASE_MS], me[SLOTS] = class, tonumber(lease_ms), tonumber(slots)
hash(inst, instance, cmsgpack.pack(me))
hash(classes, class, jobs)
touch(wake_of(class))
zset(seen, instance, now)
for job, most in pairs(cmsgpack.unpack(job_limits)) do declare_limit(job, most) end
flush()
class_texts = redis.call('HGETALL', classes)
read_classes()
known_limits = nil
wake()
return { 'ok', paused and 1 or 0, FORMAT }
