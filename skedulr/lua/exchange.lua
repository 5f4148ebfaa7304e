-- The whole hot path in one trip: ends the acknowledged claims, renews the lease, promotes what is due and
-- claims what the instance may run. The number makes it safe to send twice: the same one gets the same tasks.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] payloads
-- KEYS[6] results
-- KEYS[7] attempts
-- KEYS[8] progress
-- KEYS[9] waiters
-- KEYS[10] keys
-- KEYS[11] running
-- KEYS[12] gates
-- KEYS[13] limits
-- KEYS[14] inst
-- KEYS[15] seen
-- KEYS[16] lease
-- KEYS[17] classes
-- KEYS[18] done_succeeded
-- KEYS[19] done_failed
-- KEYS[20] done_dead
-- KEYS[21] done_cancelled
-- KEYS[22] expiring
-- KEYS[23] stats
-- KEYS[24] meta
-- KEYS[25] events
-- KEYS[26] idle
-- KEYS[27] own  of the instance
-- ARGV[1] instance
-- ARGV[2] number  of this exchange, rising by one
-- ARGV[3] free  how many tasks to claim at most, 0..1000
-- ARGV[4] acks  msgpack list, see includes/acks.lua
-- Returns {'unknown'}: the instance has to join first; {'stale'}: a higher number was seen; or
-- {'ok', more, next_at, suspects, lost ids, {id, job, epoch, attempt, body, ...}}: more is 1 when another
-- exchange finds more to do at once, next_at the time (ms) of the earliest delayed task or 0, suspects 1
-- when tasks wait for a solo instance of these jobs.
-- include: claim
-- include: due
-- include: instances
local MOST = 1000
local TRIM_PER_FINISH = 10

local packed = redis.call('HGET', inst, instance)
if not packed then return { 'unknown' } end
local me = cmsgpack.unpack(packed)
number = tonumber(number)
if number < me[NUMBER] then return { 'stale' } end
local class = live_classes[me[CLASS]]
if not class then return { 'unknown' } end

local taken, lost, more = {}, {}, false
local next_at = next_due()
-- A number that was carried out has taken its acknowledgements. Or it was handed over to one that owned nothing then;
-- and a task that was recovered from it, whose acknowledgement still counts, waited nowhere, or nothing is handed over.
if number == me[NUMBER] then
  -- include: given
  taken = given_before(instance, me[GAVE])
else
  local finished = cmsgpack.unpack(acks)
  if #finished > 0 then
    -- include: acks
    -- include: history
    lost = acknowledge_all(finished)
    trim_state(SUCCEEDED, math.min(TRIM_PER_FINISH * #finished, 100))
  end
  if next_at > 0 and next_at <= now then
    -- include: promote
    more = promote()
  end
  local wanted = paused and 0 or math.min(tonumber(free), MOST)
  if limit >= 0 then wanted = math.max(0, math.min(wanted, limit - size(running))) end
  if wanted > 0 then
    local gave_up
    taken, gave_up = claim(class, wanted, instance, number)
    more = more or gave_up
  end
end

-- Bodies too large to move with their records are sent, but never planned.
local function body_of(id)
  return records[id][SPILLED] == 1 and redis.call('HGET', payloads, id) or bodies[id]
end

local claims, gave = {}, {}
for i, id in ipairs(taken) do
  local record, at = records[id], 5 * (i - 1)
  claims[at + 1], claims[at + 2], claims[at + 3] = id, record[JOB], record[EPOCH]
  claims[at + 4], claims[at + 5] = record[ATTEMPT], body_of(id)
  gave[2 * i - 1], gave[2 * i] = id, record[EPOCH]
end

hash(inst, instance, cmsgpack.pack({ number, me[CLASS], me[LEASE_MS], me[SLOTS], gave }))
zset(seen, instance, now_text)
if #taken > 0 or tonumber(free) == 0 then zset(idle, instance, false) end
local is_due_changed = planned_zsets[due] ~= nil
flush()
if #taken > 0 or redis.call('EXISTS', own) == 1 then
  redis.call('ZADD', lease, now + me[LEASE_MS], instance)
elseif tonumber(free) > 0 and not class.solo then
  redis.call('ZADD', idle, now_text, instance)
end
if is_due_changed then next_at = next_due() end
-- include: wake
return { 'ok', more and 1 or 0, next_at, suspects_for(class, wake()), lost, claims }
