-- Forgets ended tasks that are too old or too many, and instances and classes that nobody has seen for a while.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] tasks
-- KEYS[3] payloads
-- KEYS[4] results
-- KEYS[5] attempts
-- KEYS[6] progress
-- KEYS[7] running
-- KEYS[8] gates
-- KEYS[9] limits
-- KEYS[10] inst
-- KEYS[11] seen
-- KEYS[12] lease
-- KEYS[13] classes
-- KEYS[14] done_succeeded
-- KEYS[15] done_failed
-- KEYS[16] done_dead
-- KEYS[17] done_cancelled
-- KEYS[18] expiring
-- KEYS[19] stats
-- KEYS[20] meta
-- KEYS[21] flows
-- KEYS[22] flows_ended
-- KEYS[23] idle
-- ARGV[1] most   how many tasks to forget at most, 1..1000
-- Returns {more, forgotten}.
-- include: wake
-- include: history
-- include: flows
-- include: instances
local GONE_AFTER = 60000

most = math.min(tonumber(most), 1000)
local forgotten, passed_by = trim_expiring(most)
local full = passed_by == most
for state = SUCCEEDED, CANCELLED do
  local trimmed, passed = trim_state(state, most)
  forgotten = forgotten + trimmed
  full = full or passed == most
end

local FLOWS_AT_ONCE, FLOWS_KEPT = 20, 10000

local function forget_flows()
  local oldest = now - math.max(tonumber(settings[5] or RETENTION), KEPT_AT_LEAST)
  local ids = redis.call('ZRANGEBYSCORE', flows_ended, '-inf', oldest, 'LIMIT', 0, FLOWS_AT_ONCE)
  local excess = math.min(redis.call('ZCARD', flows_ended) - FLOWS_KEPT, FLOWS_AT_ONCE)
  if excess > #ids then
    ids = redis.call('ZRANGEBYSCORE', flows_ended, '-inf', now - KEPT_AT_LEAST, 'LIMIT', 0, excess)
  end
  for _, id in ipairs(ids) do
    for _, key in ipairs(keys_of_flow(id)) do delete(key) end
    zset(flows, id, false)
    zset(flows_ended, id, false)
  end
  return #ids == FLOWS_AT_ONCE
end
full = forget_flows() or full

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
    zset(idle, all[i], false)
  else
    used[cmsgpack.unpack(all[i + 1])[CLASS]] = true
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
