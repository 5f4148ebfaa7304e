-- Changes settings of the pool, all given ones at once; what is not given stays.
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
-- ARGV[1] version   of the cluster's pause that is copied, 0 where pause is not meant
-- ARGV[2] fields   msgpack map: paused, pool_paused (0 or 1), limit, capacity, history (counts, -1: none), retention (ms)
-- ARGV[3] job_limits   msgpack map job -> how many of its tasks run at once, whatever its code says, -1: as that says
-- Returns {paused, limit, capacity, slots, running}: -1 for no limit; slots is what live instances can run at once.
-- include: wake
-- include: instances
-- include: job_limits
local ALIVE = 60000

local changes = cmsgpack.unpack(fields)
local newest = tonumber(redis.call('HGET', meta, 'pause_version') or 0)
if changes.paused and tonumber(version) > 0 then
  if tonumber(version) < newest then
    changes.paused = nil
  else
    hash(meta, 'pause_version', version)
  end
end
for name, value in pairs(changes) do
  if value == -1 then
    hash(meta, name, false)
  else
    hash(meta, name, value)
  end
end

for job, most in pairs(cmsgpack.unpack(job_limits)) do set_limit(job, most) end
flush()
read_settings()
known_limits = nil
wake()

local slots = 0
local all = redis.call('HGETALL', inst)
for i = 1, #all, 2 do
  local last = tonumber(redis.call('ZSCORE', seen, all[i]) or 0)
  if last >= now - ALIVE then slots = slots + cmsgpack.unpack(all[i + 1])[SLOTS] end
end
return { paused and 1 or 0, limit, tonumber(settings[4] or -1), slots, size(running) }
