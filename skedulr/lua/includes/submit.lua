-- include: queue
-- include: counters
-- include: forget
-- include: markers
-- include: room
-- A submission is stored and takes its place, or is refused with what stands against it.
local holders, room = {}, math.huge
local awaited = {} -- ids for which somebody waits already

-- A request is {id, priority, sealed, wish}. The producer seals what it knows of the record: the fields from JOB on, and
-- the body behind them. A wish, false for none, is {key, token, delay (ms), at (ms), expires_in (ms), body, parents,
-- workflow}: what is to be looked at beside the record, a body too large for it, and what may be missing.
local WISH, KEY_WANTED, TOKEN_GIVEN, PARENTS_WANTED = 4, 1, 2, 7

-- Read all that decides whether these requests can be stored, before the first write.
local function read_for(requests)
  local ids, wanted_keys, namable = {}, {}, {}
  for i, request in ipairs(requests) do
    local id, wish = request[1], request[WISH]
    ids[i] = id
    if wish then
      if wish[KEY_WANTED] ~= '' then wanted_keys[#wanted_keys + 1] = wish[KEY_WANTED] end
      if wish[TOKEN_GIVEN] ~= '' or wish[PARENTS_WANTED] then namable[#namable + 1] = id end
    end
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

-- How the record of a task begins that is queued now, up to its score: an array of the fields that are sealed and of
-- those before them.
local ARRAY, UINT64 = 144, 207
local opening = struct.pack('>BBBBI8B', ARRAY + SEALED_COUNT, FORMAT, QUEUED, UINT64, now, UINT64)
local function unsealed(score, sealed) return opening .. struct.pack('>I8', score) .. sealed end

-- The usual task takes its place at once, and nothing has to be known of its record.
local function store_plain(id, priority, sealed)
  local score = next_score(priority)
  hash(tasks, id, unsealed(score, sealed))
  zset(ready, id, score)
  records[id], unopened[id] = nil, sealed
end

local function store_wish(id, sealed, wish, former)
  local key, _, delay, at, expires_in, body, parents, flow = unpack(wish)
  local record = decode(id, unsealed(0, sealed))
  record[EPOCH] = former and clear_former(id, former) or now
  if record[EPOCH] ~= now then record[ENQUEUED_AT] = now end
  if expires_in > 0 then record[EXPIRES_AT] = now + expires_in end
  if record[SPILLED] == 1 then hash(payloads, id, body) end
  records[id], changed[id] = record, true
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
end

-- What stands against storing this task: an outcome and the id or limit that explains it.
local function refusal(id, wish, former)
  local token, key = wish and wish[TOKEN_GIVEN] or '', wish and wish[KEY_WANTED] or ''
  local former_token = unopened[id] and '' or former and former[TOKEN]
  if former_token == token then return 'same', id end
  if unopened[id] or former and (is_newer(former) or not is_terminal(former)) then return 'duplicate_id', id end
  local holder = key ~= '' and holders[key]
  if holder then return 'duplicate_key', holder end
  if room <= 0 then return 'full', capacity end
  return nil
end

local submitted = 0

-- Plan one request: answers 'stored', or the outcome and detail of its refusal.
local function submit(request)
  local id, priority, sealed, wish = unpack(request)
  local former = records[id]
  local outcome, detail = refusal(id, wish, former)
  if outcome then return outcome, detail end
  if wish or former then
    store_wish(id, sealed, wish or { '', '', 0, 0, 0, '' }, former)
  else
    store_plain(id, priority, sealed)
  end
  room, submitted = room - 1, submitted + 1
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
