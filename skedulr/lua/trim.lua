-- Forgets ended tasks that are too old or too many, and instances and classes that nobody has seen for a while.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] running
-- KEYS[9] gates
-- KEYS[10] limits
-- KEYS[11] inst
-- KEYS[12] seen
-- KEYS[13] lease
-- KEYS[14] classes
-- KEYS[15] done_succeeded
-- KEYS[16] done_failed
-- KEYS[17] done_dead
-- KEYS[18] done_cancelled
-- KEYS[19] expiring
-- KEYS[20] stats
-- KEYS[21] meta
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
