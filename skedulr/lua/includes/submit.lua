-- include: queue
-- include: counters
-- include: forget
-- include: markers
-- include: room
-- A submission is stored and takes its place, or is refused with what stands against it.
local holders, room = {}, math.huge
local awaited = {} -- ids for which somebody waits already

-- Read all that decides whether these requests can be stored, before the first write.
local function read_for(requests)
  local ids, wanted_keys, namable = {}, {}, {}
  for i, request in ipairs(requests) do
    local id, key = request[1], request[4]
    ids[i] = id
    if key ~= '' then wanted_keys[#wanted_keys + 1] = key end
    if request[6] ~= '' or request[12] then namable[#namable + 1] = id end
  end
  load(ids)
  if #wanted_keys > 0 then
    for i, id in ipairs(redis.call('HMGET', keys, unpack(wanted_keys))) do
      holders[wanted_keys[i]] = id and holds_key(id) and id
    end
  end
  if #namable > 0 then
    for i, until_when in ipairs(redis.call('ZMSCORE', orphans, unpack(namable))) do
      awaited[namable[i]] = until_when
    end
  end
  room = room_left()
end

-- A workflow has not been told of the end of its node, whose id is used again: it will be, from this.
local function keep_end(id, former)
  -- include: standings
  local flow = redis.call('HGET', children_of(id), '@flow')
  if not flow then return end
  hash(children_of(id), '@flow', false)
  local told = standing_text(former[EPOCH], standing_of_end(former), former[TOKEN])
  hash(children_of(id), string.format('@was:%.0f', former[EPOCH]), flow .. ' ' .. told)
end

-- An id may be used again once its task has ended: nothing of the former one remains.
local function clear_former(id, former)
  if former[LINKED] == UNREAD then
    former[LINKED] = 0 -- keep those who have not been told: they wait for the next end
    awaited[id] = true
    keep_end(id, former)
  end
  forget(id, former)
  return math.max(former[EPOCH] + 1, now)
end

local scheduled = math.huge -- the earliest due time among these tasks

-- Enter what the task hangs on, and the workflow that hangs on it.
local function tie(id, record, parents, flow, delay, at)
  -- include: edges
  record[PARENTS], record[AWAITS] = #parents, #parents
  touch_all({ parents_of(id), children_of(id) })
  for _, parent in ipairs(parents) do
    hash(parents_of(id), parent[1], cmsgpack.pack({ parent[2], PENDING, parent[4] or 0, parent[3] }))
  end
  if #parents > 0 and (delay > 0 or at > 0) then
    hash(parents_of(id), DUE, string.format('%.0f %.0f', delay, at))
  end
  if flow ~= '' then
    record[LINKED] = LISTENED
    hash(children_of(id), '@flow', flow)
  end
end

local function await(id, record)
  record[STATE] = WAITING
  zset(waiting, id, now_text)
  emit(events, 'waiting', id, record[EPOCH])
end

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
  local id, job, priority, key, group, token, delay, at, expires_in, ttl, body, parents, flow = unpack(request)
  local record = blank_record()
  record[JOB], record[PRIORITY], record[KEY], record[GROUP], record[TOKEN] = job, priority, key, group, token
  record[EPOCH] = former and clear_former(id, former) or now
  record[TTL] = ttl
  if record[EPOCH] ~= now then record[ENQUEUED_AT] = now end
  if expires_in > 0 then record[EXPIRES_AT] = now + expires_in end
  if #body > INLINE_LIMIT then
    record[SPILLED] = 1
    hash(payloads, id, body)
    body = ''
  end
  records[id], bodies[id], changed[id] = record, body, true
  if key ~= '' then
    holders[key] = id
    hash(keys, key, id)
  end
  if awaited[id] then
    record[LINKED] = LISTENED
    zset(orphans, id, false)
  end
  if parents then tie(id, record, parents, flow, delay, at) end
  if record[AWAITS] > 0 then
    await(id, record)
  else
    place(id, record, at > 0 and at or now + delay)
  end
  room = room - 1
end

-- What stands against storing this task: an outcome and the id or limit that explains it.
local function refusal(request, former)
  local id, key, token = request[1], request[4], request[6]
  if former and former[TOKEN] == token then return 'same', id end
  if former and (is_newer(former) or not is_terminal(former)) then return 'duplicate_id', id end
  local holder = key ~= '' and holders[key]
  if holder then return 'duplicate_key', holder end
  if room <= 0 then return 'full', capacity end
  return nil
end

local submitted = 0

-- Plan one request: answers 'stored', or the outcome and detail of its refusal.
local function submit(request)
  local former = records[request[1]]
  local outcome, detail = refusal(request, former)
  if outcome then return outcome, detail end
  store(request, former)
  submitted = submitted + 1
  return 'stored'
end

-- More tasks make no class unable to claim: those awake stay so, and most submissions wake nobody. Writes what was
-- planned if that holds; else it answers false, and includes/arrivals.lua has to.
local is_awake
local function write_unless_waking()
  count('enqueued', submitted)
  is_awake = all_marked()
  if not is_awake or scheduled < math.huge then return false end
  -- Its key is the only one that is not declared, and it is written first: it need not be touched.
  write_counters()
  write_changes()
  return true
end
