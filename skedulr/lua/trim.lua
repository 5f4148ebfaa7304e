-- Forgets ended tasks that are too old or too many, and instances and classes that nobody has seen for a while.
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
-- KEYS[13] inst
-- KEYS[14] seen
-- KEYS[15] lease
-- KEYS[16] classes
-- KEYS[17] done_succeeded
-- KEYS[18] done_failed
-- KEYS[19] done_dead
-- KEYS[20] done_cancelled
-- KEYS[21] expiring
-- KEYS[22] stats
-- KEYS[23] meta
-- ARGV[1] most   how many tasks to forget at most, 1..1000
-- Returns {more, forgotten}.
-- include: wake
-- include: history
local GONE_AFTER = 60000

most = math.min(tonumber(most), 1000)
local forgotten = trim_expiring(most)
local full = forgotten == most
for state in pairs(done) do
  local trimmed = trim_state(state, most)
  forgotten = forgotten + trimmed
  full = full or trimmed == most
end

local function is_gone(name)
  local last = tonumber(redis.call('ZSCORE', seen, name) or 0)
  return last < now - GONE_AFTER and redis.call('EXISTS', own_of(name)) == 0
end

local used = {}
local all = redis.call('HGETALL', inst)
for i = 1, #all, 2 do
  if is_gone(all[i]) then
    hash(inst, all[i], false)
    zset(seen, all[i], false)
  else
    used[cmsgpack.unpack(all[i + 1])[2]] = true
  end
end
for name in pairs(live_classes) do
  if not used[name] then
    hash(classes, name, false)
    delete(wake_of(name))
    live_classes[name] = nil
  end
end
flush()
wake()
return { full and 1 or 0, forgotten }
