-- include: classes
-- include: instances
-- include: start
-- A task that nothing stands before goes to an idle instance in the script that brings it: this is that instance's next
-- exchange, done for it under the number that it will have. If the message is lost, the exchange itself answers the same.
-- It is told before the first write, since only that shows whether anybody listens: nothing may fail after it.
local MOST = '8' -- idle instances that are looked at
local FRESH = 7000 -- ms: who lives exchanges every 5 s at least, and says again that it is idle

-- How many heard of the claim; 0 where the process has ended, or its connection; nil where this user may not tell.
local function tell(instance, number, id, record)
  local claim = { number, id, record[JOB], next_epoch(record), record[ATTEMPT], bodies[id] }
  local heard = redis.pcall('SPUBLISH', claims_of(instance), cmsgpack.pack(claim))
  return type(heard) == 'number' and heard or nil
end

-- One of these instances that may run the task, and has been told so; and what the pool knows of it.
local function recipient(names, id, record)
  for i, packed in ipairs(redis.call('HMGET', inst, unpack(names))) do
    local me, name = packed and cmsgpack.unpack(packed), names[i]
    local class = me and live_classes[me[CLASS]]
    if class and not gate_for(class, record) then
      touch_all({ own_of(name), minute }) -- a cluster that refuses them must do so before anybody is told
      local heard = tell(name, me[NUMBER] + 1, id, record)
      if heard ~= 0 then return heard and name, me end
      zset(idle, name, false)
    end
  end
  return nil
end

-- Whether a task that is queued now may go past the queue: nobody waits, and the pool may run another one.
local function may_hand_over()
  if paused or redis.call('EXISTS', ready, gates) > 0 then return false end
  return limit < 0 or size(running) < limit
end

-- Answers whether the task, the only one that this script brings, has gone to an instance.
local function hand_over(id)
  local names = redis.call('ZRANGE', idle, now - FRESH, '+inf', 'BYSCORE', 'LIMIT', 0, MOST)
  if #names == 0 or not may_hand_over() then return false end
  local record = records[id] or decode(id, planned_hashes[tasks][id])
  if record[STATE] ~= QUEUED or record[SPILLED] == 1 then return false end
  local instance, me = recipient(names, id, record)
  if not instance then return false end

  me[NUMBER] = me[NUMBER] + 1
  records[id] = record
  count('started', 1)
  start(id, record, instance, me[NUMBER])
  planned_zsets[ready] = nil -- it never stood there
  me[GAVE] = { id, record[EPOCH] }
  hash(inst, instance, cmsgpack.pack(me))
  zset(idle, instance, false)
  zset(lease, instance, now + me[LEASE_MS])
  flush()
  return true
end
