-- include: queue
-- include: limits
-- include: counters
-- include: history_keys
-- A task's place follows from its record: take removes it from there, others enter it elsewhere. No task is
-- moved in a way that TRANSITIONS does not name.
local former_owners -- made when a claim ends

local function disown(instance, id)
  hash(own_of(instance), id, false)
  former_owners = former_owners or {}
  former_owners[instance] = true
end

local function take(id, record, to)
  local from = record[STATE]
  if not may_move(from, to) then error('illegal move of ' .. id .. ' from ' .. from .. ' to ' .. to) end
  if from == QUEUED then
    zset(record[GATE] == '' and ready or held_at(record[GATE]), id, false)
    record[GATE] = ''
  elseif from == SCHEDULED then
    zset(due, id, false)
  elseif from == WAITING then
    zset(waiting, id, false)
  elseif from == RUNNING then
    zset(running, id, false)
    grow(running, -1)
    if all_limits()[record[JOB]] then
      local key = limited_of(record[JOB])
      zset(key, id, false)
      grow(key, -1)
    end
    disown(record[OWNER], id)
  elseif from >= SUCCEEDED then
    zset(done_in(from), id, false)
    if record[TTL] > 0 then zset(expiring, id, false) end
  end
  record[STATE] = to
  changed[id] = true
end

-- A task that enters the queue anew goes behind its equals.
local function queue(id, record)
  take(id, record, QUEUED)
  record[SCORE] = next_score(record[PRIORITY])
  record[READY_AT] = now
  put_into_queue(id, record)
end

-- A task whose claim ended without an attempt goes back to where it stood.
local function requeue(id, record)
  take(id, record, QUEUED)
  put_into_queue(id, record)
end

local function schedule(id, record, at)
  take(id, record, SCHEDULED)
  zset(due, id, at)
end

-- A task that waits moves from where it stands to a gate, keeping its place.
local function hold(id, record, gate)
  zset(record[GATE] == '' and ready or held_at(record[GATE]), id, false)
  put_at_gate(id, record, gate)
end

local function flush()
  sizes, grown = {}, {}
  write_changes()
  write_counters()
  for instance in pairs(former_owners or {}) do
    if redis.call('EXISTS', own_of(instance)) == 0 then redis.call('ZREM', lease, instance) end
  end
  former_owners = nil
end
