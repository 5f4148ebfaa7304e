-- Takes back the tasks of one instance whose lease has run out. It does nothing for a while after a time in which
-- no sweep could run: then Redis was away, and live instances had no way to renew.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] attempts
-- KEYS[6] waiters
-- KEYS[7] keys
-- KEYS[8] running
-- KEYS[9] gates
-- KEYS[10] limits
-- KEYS[11] inst
-- KEYS[12] lease
-- KEYS[13] classes
-- KEYS[14] done_succeeded
-- KEYS[15] done_failed
-- KEYS[16] done_dead
-- KEYS[17] done_cancelled
-- KEYS[18] expiring
-- KEYS[19] stats
-- KEYS[20] meta
-- KEYS[21] events
-- Returns {more, instance, recovered}: instance is '' when no lease has run out.
-- include: wake
-- include: losses
-- include: instances
local MOST = 500
local LONGEST_GAP = 3000

local function longest_lease()
  local longest = 0
  for _, packed in ipairs(redis.call('HVALS', inst)) do longest = math.max(longest, cmsgpack.unpack(packed)[LEASE_MS]) end
  return longest
end

local sweeps = redis.call('HMGET', meta, 'swept', 'hold')
local gap = now - tonumber(sweeps[1] or 0)
local hold_until = tonumber(sweeps[2] or 0)
local longest = longest_lease()
if gap > LONGEST_GAP or gap < 0 then
  hold_until = now + longest
  hash(meta, 'hold', hold_until)
end
hash(meta, 'swept', now)

-- The clock has jumped back: no lease ends further ahead than a lease lasts.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', lease, now + longest + 1, '+inf', 'LIMIT', 0, MOST)) do
  zset(lease, name, now + longest)
end

local over = redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, 1)[1]
if now < hold_until or not over then
  flush()
  return { 0, '', 0 }
end

local owned = redis.call('HGETALL', own_of(over))
local ids = {}
for i = 1, math.min(#owned, 2 * MOST), 2 do ids[#ids + 1] = owned[i] end
load(ids)
local recovered = 0
for i, id in ipairs(ids) do
  if lose_claim(id, tonumber(string.match(owned[2 * i], '^%d+')), over) then
    recovered = recovered + 1
  else
    drop_leftover(id, over)
  end
end
local more = #owned > 2 * MOST
if not more then zset(lease, over, false) end
flush()
wake()
more = more or redis.call('ZCOUNT', lease, '-inf', now) > 0
return { more and 1 or 0, over, recovered }
