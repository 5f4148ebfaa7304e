-- include: classes
-- include: instances
-- include: start
-- A task that nothing stands before goes to an idle instance in the script that brings it: this is that instance's next
-- exchange, done for it under the number that it will have. If the message is lost, the exchange itself answers the same.
local LAST = '7' -- of the idle instances that are looked at, from 0

-- False where nobody listens: the process has ended, or its connection has.
local function is_told(instance, number, id, record)
  local claim = { number, id, record[JOB], next_epoch(record), record[ATTEMPT], bodies[id] }
  local heard = redis.pcall('SPUBLISH', claims_of(instance), cmsgpack.pack(claim))
  return type(heard) == 'number' and heard > 0
end

-- One of these instances that may run the task, and has been told so; and what the pool knows of it.
local function recipient(names, id, record)
  for i, packed in ipairs(redis.call('HMGET', inst, unpack(names))) do
    local me, name = packed and cmsgpack.unpack(packed), names[i]
    local class = me and live_classes[me[CLASS]]
    if not (class and gate_for(class, record)) then
      touch_all({ own_of(name), minute })
      if class and is_told(name, me[NUMBER] + 1, id, record) then return name, me end
      zset(idle, name, false)
    end
  end
  return nil
end

-- Answers whether the task, the only one that this script brings, has gone to an instance.
local function hand_over(id)
  local names = redis.call('ZRANGE', idle, 0, LAST)
  if #names == 0 or paused or redis.call('EXISTS', ready, gates) > 0 then return false end
  if limit >= 0 and size(running) >= limit then return false end
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
