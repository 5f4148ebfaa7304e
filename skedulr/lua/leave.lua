-- An instance is gone: what it owns returns to its place, and the pool forgets it. After a crash the one that did it
-- is charged, if it ran alone or is known: a suspect, and dead after the third time. Where nobody knows, or the whole
-- worker has died, no task of it is more likely to have done that than another: each has lost its claim.
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
-- KEYS[22] events
-- KEYS[23] idle
-- KEYS[24] own  of the instance
-- ARGV[1] instance
-- ARGV[2] crashed   1 when the process died, 2 when its whole worker did, 0 when it stopped
-- ARGV[3] problem   msgpack of the crash for the attempt's record, empty for none
-- ARGV[4] guilty   msgpack list of the ids that are known to have done it; then nobody else loses anything
-- Returns {more, back, suspects}: more is 1 when it owns more than one call gives back.
-- include: wake
-- include: instances
-- include: losses
-- include: crashes
local MOST = 1000

local packed = redis.call('HGET', inst, instance)
local me = packed and cmsgpack.unpack(packed)
local class = me and live_classes[me[CLASS]]
local alone = class and class.solo
local owned = redis.call('HGETALL', own)
local ids = {}
for i = 1, math.min(#owned, 2 * MOST), 2 do ids[#ids + 1] = owned[i] end
load(ids)

local is_guilty, is_known = {}, false
for _, id in ipairs(cmsgpack.unpack(guilty)) do is_guilty[id], is_known = true, true end

local function did_it(id)
  if is_known then return is_guilty[id] end
  return alone
end

-- Answers whether the task is dead of it.
local function charge(id, record)
  record[SUSPECT] = 1
  return charge_crash(id, record, problem)
end

local is_loss = crashed == '2' or (crashed == '1' and not is_known and not alone)
local leaves = is_loss and lose_claim or give_back

local back, suspects = 0, 0
for i, id in ipairs(ids) do
  local epoch = tonumber(string.match(owned[2 * i], '^%d+'))
  local record = records[id]
  local is_charged = crashed == '1' and did_it(id) and is_claim(record, epoch, instance) and record[CANCEL] == 0
  if not (is_charged and charge(id, record)) then
    if leaves(id, epoch, instance) then
      back = back + 1
      suspects = suspects + record[SUSPECT]
    else
      drop_leftover(id, instance)
    end
  end
end
local more = #owned > 2 * MOST
if not more then
  hash(inst, instance, false)
  zset(seen, instance, false)
  zset(idle, instance, false)
  zset(lease, instance, false)
end
flush()
wake()
return { more and 1 or 0, back, suspects }
