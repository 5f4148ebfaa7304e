-- include: promote
-- include: wake
-- A submission is stored and takes its place, or is refused with what stands against it.

-- Where each part stands in a request: one table for all of them, where there may be a thousand.
local R = {
  id = 1, job = 2, priority = 3, key = 4, group = 5, token = 6, delay = 7, at = 8, expires_in = 9, ttl = 10, body = 11,
}

local holders, room, capacity = {}, math.huge, tonumber(settings[4] or -1)

-- Read all that decides whether these requests can be stored, before the first write.
local function read_for(requests)
  local ids, wanted_keys = {}, {}
  for _, request in ipairs(requests) do
    ids[#ids + 1] = request[R.id]
    if request[R.key] ~= '' then wanted_keys[#wanted_keys + 1] = request[R.key] end
  end
  load(ids)
  if #wanted_keys > 0 then
    for i, id in ipairs(redis.call('HMGET', keys, unpack(wanted_keys))) do
      holders[wanted_keys[i]] = id and holds_key(id) and id
    end
  end
  if capacity >= 0 then
    room = capacity - redis.call('HLEN', tasks)
    for _, key in pairs(done) do room = room + redis.call('ZCARD', key) end
  end
end

local BLANK = {}
for field = 1, FIELD_COUNT do BLANK[field] = 0 end
for _, field in ipairs({ GATE, AGAIN, OWNER, REASON }) do BLANK[field] = '' end

local function new_record(request, epoch)
  local record = { unpack(BLANK) }
  record[VERSION], record[JOB], record[PRIORITY] = FORMAT, request[R.job], request[R.priority]
  record[TOKEN], record[KEY], record[GROUP] = request[R.token], request[R.key], request[R.group]
  record[EPOCH], record[ENQUEUED_AT], record[TTL] = epoch, now, request[R.ttl]
  if request[R.expires_in] > 0 then record[EXPIRES_AT] = now + request[R.expires_in] end
  return record
end

-- An id may be used again once its task has ended: nothing of the former one remains.
local function clear_former(id, former)
  take(id, former, QUEUED)
  forget(id, former)
  return math.max(former[EPOCH] + 1, now)
end

local scheduled = math.huge -- the earliest due time among these tasks

local function place(id, record, due_at)
  if due_at > now then
    record[STATE] = SCHEDULED
    zset(due, id, due_at)
    scheduled = math.min(scheduled, due_at)
  else
    record[STATE] = QUEUED
    record[SCORE] = next_score(record[PRIORITY])
    put_into_queue(id, record)
  end
end

local function store(request, former)
  local id = request[R.id]
  local epoch = former and clear_former(id, former) or now
  local record = new_record(request, epoch)
  if #request[R.body] > INLINE_LIMIT then
    record[SPILLED] = 1
    hash(payloads, id, request[R.body])
    bodies[id] = ''
  else
    bodies[id] = request[R.body]
  end
  records[id], changed[id] = record, true
  if request[R.key] ~= '' then
    holders[request[R.key]] = id
    hash(keys, request[R.key], id)
  end
  place(id, record, request[R.at] > 0 and request[R.at] or now + request[R.delay])
  room = room - 1
end

-- What stands against storing this task: an outcome and the id or limit that explains it.
local function refusal(request, former)
  if former and former[TOKEN] == request[R.token] then return 'same', request[R.id] end
  if former and (is_newer(former) or not is_terminal(former)) then return 'duplicate_id', request[R.id] end
  local holder = request[R.key] ~= '' and holders[request[R.key]]
  if holder then return 'duplicate_key', holder end
  if room <= 0 then return 'full', capacity end
  return nil
end

local submitted = 0

-- Plan one request: answers 'stored', or the outcome and detail of its refusal.
local function submit(request)
  local former = records[request[R.id]]
  local outcome, detail = refusal(request, former)
  if outcome then return outcome, detail end
  store(request, former)
  submitted = submitted + 1
  return 'stored'
end

-- Write what was planned, and wake those who can run it.
local function write_submissions()
  local earliest = scheduled < math.huge and next_due() or 0
  count('enqueued', submitted)
  flush()
  -- More tasks make no class unable to claim: those awake stay so.
  if not awake then wake() end
  if scheduled < (earliest > 0 and earliest or math.huge) then wake_timers() end
end
