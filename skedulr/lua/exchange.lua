-- The whole hot path in one trip: ends the acknowledged claims, renews the lease, promotes what is due and
-- claims what the instance may run. The number makes it safe to send twice: the same one gets the same tasks.
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
-- KEYS[24] own  of the instance
-- ARGV[1] instance
-- ARGV[2] number  of this exchange, rising by one
-- ARGV[3] free  how many tasks to claim at most, 0..1000
-- ARGV[4] acks  msgpack list, see includes/acks.lua
-- Returns {'unknown'}: the instance has to join first; {'stale'}: a higher number was seen; or
-- {'ok', more, next_at, suspects, lost ids, {id, job, epoch, attempt, body, ...}}: more is 1 when another
-- exchange finds more to do at once, next_at the time (ms) of the earliest delayed task or 0, suspects 1
-- when tasks wait for a solo instance of these jobs.
-- include: acks
-- include: promote
-- include: claim
-- include: wake
local MOST = 1000
local TRIM_PER_FINISH = 10

local packed = redis.call('HGET', inst, instance)
if not packed then return { 'unknown' } end
local me = cmsgpack.unpack(packed) -- number, class, lease (ms), slots, what it gave
number = tonumber(number)
if number < me[1] then return { 'stale' } end
local class = live_classes[me[2]]
if not class then return { 'unknown' } end

local function given_before()
  local ids, same = {}, {}
  for i = 1, #me[5], 2 do ids[#ids + 1] = me[5][i] end
  load(ids)
  for i, id in ipairs(ids) do
    local record = records[id]
    if record and record[STATE] == RUNNING and record[OWNER] == instance and record[EPOCH] == me[5][2 * i] then
      same[#same + 1] = id
    end
  end
  return same
end

local lost, more = {}, false
local taken
if number == me[1] then
  taken = given_before()
else
  local finished = cmsgpack.unpack(acks)
  lost = acknowledge_all(finished)
  more = promote()
  if #finished > 0 then trim_state(SUCCEEDED, math.min(TRIM_PER_FINISH * #finished, 100)) end
  local wanted = paused and 0 or math.min(tonumber(free), MOST)
  if limit >= 0 then wanted = math.max(0, math.min(wanted, limit - size(running))) end
  local gave_up
  taken, gave_up = claim(class, wanted, instance, number)
  more = more or gave_up
end

-- Bodies too large to move with their records are sent, but never planned.
local function spilled_bodies()
  local ids, found = {}, {}
  for _, id in ipairs(taken) do
    if records[id][SPILLED] == 1 then ids[#ids + 1] = id end
  end
  if #ids == 0 then return found end
  for i, body in ipairs(redis.call('HMGET', payloads, unpack(ids))) do found[ids[i]] = body or '' end
  return found
end

local claims, gave, spilled = {}, {}, spilled_bodies()
for i, id in ipairs(taken) do
  local record, at = records[id], 5 * (i - 1)
  claims[at + 1], claims[at + 2], claims[at + 3] = id, record[JOB], record[EPOCH]
  claims[at + 4], claims[at + 5] = record[ATTEMPT], spilled[id] or bodies[id]
  gave[2 * i - 1], gave[2 * i] = id, record[EPOCH]
end

hash(inst, instance, cmsgpack.pack({ number, me[2], me[3], me[4], gave }))
zset(seen, instance, now)
flush()
if redis.call('EXISTS', own) == 1 then redis.call('ZADD', lease, now + me[3], instance) end
return { 'ok', more and 1 or 0, next_due(), suspects_for(class, wake()), lost, claims }
