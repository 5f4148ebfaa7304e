-- Renews the lease of an instance on all that it owns, gives back what got lost between Redis and the process,
-- and tells what it should stop: sent by the supervisor, whatever the user's code does.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] waiters
-- KEYS[6] keys
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
-- KEYS[21] events
-- KEYS[22] own  of the instance
-- ARGV[1] instance
-- ARGV[2] upto   number of the last exchange whose reply the process has read
-- ARGV[3] holding   msgpack list id, epoch, id, epoch, ...: what it runs, or has finished and not acknowledged
-- Returns {'unknown'}, or {'ok', next_at, suspects, {lost id, epoch, ...}, {id to cancel, epoch, ...}}.
-- include: wake
-- include: instances
-- include: release
-- include: due
local packed = redis.call('HGET', inst, instance)
if not packed then return { 'unknown' } end
local me = cmsgpack.unpack(packed)
local held = cmsgpack.unpack(holding)
local epochs = {}
for i = 1, #held, 2 do epochs[held[i]] = math.max(epochs[held[i]] or 0, held[i + 1]) end

local owned = redis.call('HGETALL', own)
local owns, astray, cancelled, lost = {}, {}, {}, {}
for i = 1, #owned, 2 do
  local id = owned[i]
  local epoch, number, mark = string.match(owned[i + 1], '^(%d+) (%d+) ?(c?)$')
  owns[id] = tonumber(epoch)
  if epochs[id] == owns[id] then
    if mark == 'c' then
      cancelled[#cancelled + 1] = id
      cancelled[#cancelled + 1] = owns[id]
    end
  elseif tonumber(number) <= tonumber(upto) then
    astray[#astray + 1] = id
  end
end
for i = 1, #held, 2 do
  if owns[held[i]] ~= held[i + 1] then
    lost[#lost + 1] = held[i]
    lost[#lost + 1] = held[i + 1]
  end
end

load(astray)
for _, id in ipairs(astray) do
  if not give_back(id, owns[id], instance) then drop_leftover(id, instance) end
end
zset(seen, instance, now)
flush()
if redis.call('EXISTS', own) == 1 then redis.call('ZADD', lease, now + me[LEASE_MS], instance) end
local class = live_classes[me[CLASS]]
local gates_held = wake()
return { 'ok', next_due(), class and suspects_for(class, gates_held) or 0, lost, cancelled }
