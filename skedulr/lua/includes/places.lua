-- include: records
-- include: counters
-- A task's place follows from its record: take removes it from there, put_… enter it elsewhere. These are
-- the only lines that move a task, and none moves it in a way that TRANSITIONS does not name.
local SEQUENCE_SPAN = 8796093022208 -- 2^43
local HIGHEST_PRIORITY = 1023

local done = {
  [SUCCEEDED] = done_succeeded, [FAILED] = done_failed, [DEAD] = done_dead, [CANCELLED] = done_cancelled,
}

local limit_of
local function read_limits()
  limit_of = {}
  local found = redis.call('HGETALL', limits)
  for i = 1, #found, 2 do limit_of[found[i]] = tonumber(found[i + 1]) end
end
read_limits()

-- How many run, in the pool and per limited job: counted by ZCARD, kept true while this script plans.
local sizes = {}
local function size(key)
  if not sizes[key] then sizes[key] = redis.call('ZCARD', key) end
  return sizes[key]
end
local function grow(key, by) sizes[key] = size(key) + by end

local sequence
local function next_score(priority)
  sequence = (sequence or tonumber(redis.call('HGET', meta, 'seq') or 0)) + 1
  hash(meta, 'seq', sequence)
  return (HIGHEST_PRIORITY - priority) * SEQUENCE_SPAN + sequence
end

local former_owners = {}

local function take(id, record, to)
  local from = record[STATE]
  if not TRANSITIONS[from][to] then error('illegal move of ' .. id .. ' from ' .. from .. ' to ' .. to) end
  if from == QUEUED then
    zset(record[GATE] == '' and ready or held_at(record[GATE]), id, false)
    record[GATE] = ''
  elseif from == SCHEDULED then
    zset(due, id, false)
  elseif from == RUNNING then
    zset(running, id, false)
    grow(running, -1)
    if limit_of[record[JOB]] then
      local key = limited_of(record[JOB])
      zset(key, id, false)
      grow(key, -1)
    end
    hash(own_of(record[OWNER]), id, false)
    former_owners[record[OWNER]] = true
  elseif done[from] then
    zset(done[from], id, false)
    if record[TTL] > 0 then zset(expiring, id, false) end
  end
  record[STATE] = to
  changed[id] = true
end

local entered = {} -- score, id, ...: what this script put into ready

local function put_into_ready(id, record)
  zset(ready, id, record[SCORE])
  entered[#entered + 1] = { record[SCORE], id }
end

local function put_at_gate(id, record, gate)
  record[GATE] = gate
  changed[id] = true
  touch(held_at(gate))
  zset(held_at(gate), id, record[SCORE])
  zset(gates, gate, 0)
end

-- Suspects wait where only a solo instance looks.
local function put_into_queue(id, record)
  if record[SUSPECT] == 1 then
    put_at_gate(id, record, 'solo:' .. record[JOB])
  else
    put_into_ready(id, record)
  end
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

local function start(id, record, instance, number)
  take(id, record, RUNNING)
  record[EPOCH] = math.max(record[EPOCH] + 1, now)
  record[OWNER] = instance
  record[STARTED_AT] = now
  zset(running, id, now_text)
  grow(running, 1)
  if limit_of[record[JOB]] then
    zset(limited_of(record[JOB]), id, now_text)
    grow(limited_of(record[JOB]), 1)
  end
  local epoch_text = record[EPOCH] == now and now_text or string.format('%.0f', record[EPOCH])
  hash(own_of(instance), id, epoch_text .. ' ' .. number)
end

-- A task that waits moves from where it stands to a gate, keeping its place.
local function hold(id, record, gate)
  zset(record[GATE] == '' and ready or held_at(record[GATE]), id, false)
  put_at_gate(id, record, gate)
end

local function tell_waiters(id)
  local packed = redis.call('HGET', waiters, id)
  if not packed then return end
  for _, client in ipairs(cmsgpack.unpack(packed)) do push(prefix .. 'inbox:' .. client, id) end
  hash(waiters, id, false)
end

local END_COUNTERS = {
  [SUCCEEDED] = 'succeeded', [FAILED] = 'failed', [DEAD] = 'dead', [CANCELLED] = 'cancelled',
}

local KEPT_AT_LEAST = 60000 -- after its end a task answers late acknowledgements and those who wait for it

-- The end of a task: its dedupe key is freed if it holds it, and those who wait for it are told.
local function finish(id, record, state, reason)
  take(id, record, state)
  record[FINISHED_AT] = now
  record[REASON] = reason
  record[SUSPECT], record[CANCEL] = 0, 0
  zset(done[state], id, now_text)
  if record[TTL] > 0 then zset(expiring, id, now + math.max(record[TTL], KEPT_AT_LEAST)) end
  if record[KEY] ~= '' and redis.call('HGET', keys, record[KEY]) == id then hash(keys, record[KEY], false) end
  if record[WAITED] == 1 then
    record[WAITED] = 0
    tell_waiters(id)
  end
  count(END_COUNTERS[state], 1)
end

-- What cannot be read becomes dead, wherever it was found; its bytes stay as its body.
local function bury(id, record, from, owner)
  record[STATE] = from
  record[OWNER] = owner or ''
  record[VERSION] = FORMAT
  if from == RUNNING then
    for job in pairs(limit_of) do zset(limited_of(job), id, false) end
  end
  finish(id, record, DEAD, 'unreadable')
end

-- Remove a record and all that hangs on it.
local function forget(id, record)
  hash(tasks, id, false)
  hash(results, id, false)
  hash(attempts, id, false)
  hash(progress, id, false)
  if record[SPILLED] == 1 or record[JOB] == UNKNOWN_JOB then hash(payloads, id, false) end
  if record[TTL] > 0 then zset(expiring, id, false) end
  if record[LOGGED] == 1 then delete(log_of(id)) end
  records[id], changed[id] = false, nil
end

local function flush()
  write_changes()
  write_counters()
  for instance in pairs(former_owners) do
    if redis.call('EXISTS', own_of(instance)) == 0 then redis.call('ZREM', lease, instance) end
  end
  former_owners = {}
end
