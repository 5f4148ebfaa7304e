-- Submits tasks: each is stored and takes its place, or is refused, in one step.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] keys
-- KEYS[9] running
-- KEYS[10] gates
-- KEYS[11] limits
-- KEYS[12] lease
-- KEYS[13] classes
-- KEYS[14] done_succeeded
-- KEYS[15] done_failed
-- KEYS[16] done_dead
-- KEYS[17] done_cancelled
-- KEYS[18] expiring
-- KEYS[19] stats
-- KEYS[20] meta
-- ARGV[1] existing   1 when a live task with the same key is the answer, 0 when it is a refusal
-- ARGV[2..] one task each, msgpack {id, job, priority, key, group, token, delay (ms), at (ms), expires_in (ms),
--   ttl (ms), body}; `at` is absolute and wins where it is not 0
-- Returns a flat list of what was not stored anew: index (from 1), outcome, id or limit. Outcomes: 'same' (this
-- very submission was stored before), 'existing', 'duplicate_id', 'duplicate_key', 'full'.
-- include: promote
-- include: wake
local FIRST = 2

-- Where each part stands in a request: one table for all of them, where there may be a thousand.
local R = {
  id = 1, job = 2, priority = 3, key = 4, group = 5, token = 6, delay = 7, at = 8, expires_in = 9, ttl = 10, body = 11,
}

local requests, ids, wanted_keys = {}, {}, {}
for i = FIRST, #ARGV do
  local request = cmsgpack.unpack(ARGV[i])
  requests[#requests + 1] = request
  ids[#ids + 1] = request[R.id]
  if request[R.key] ~= '' then wanted_keys[#wanted_keys + 1] = request[R.key] end
end
load(ids)

local holders = {}
if #wanted_keys > 0 then
  for i, id in ipairs(redis.call('HMGET', keys, unpack(wanted_keys))) do
    holders[wanted_keys[i]] = id and holds_key(id) and id
  end
end

local capacity = tonumber(settings[4] or -1)
local room = math.huge
if capacity >= 0 then
  room = capacity - redis.call('HLEN', tasks)
  for _, key in pairs(done) do room = room + redis.call('ZCARD', key) end
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
  if holder then return existing == '1' and 'existing' or 'duplicate_key', holder end
  if room <= 0 then return 'full', capacity end
  return nil
end

local answers, stored = {}, 0
for i, request in ipairs(requests) do
  local former = records[request[R.id]]
  local outcome, detail = refusal(request, former)
  if outcome then
    for _, value in ipairs({ i, outcome, detail }) do answers[#answers + 1] = value end
  else
    store(request, former)
    stored = stored + 1
  end
end

if stored > 0 then
  local earliest = scheduled < math.huge and next_due() or 0
  count('enqueued', stored)
  flush()
  -- More tasks make no class unable to claim: those awake stay so.
  if not awake then wake() end
  if scheduled < (earliest > 0 and earliest or math.huge) then wake_timers() end
end
return answers
