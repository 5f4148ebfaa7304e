-- Tells tasks how parents of theirs have ended: who waited for that alone enters the queue, who waited for
-- something else is cancelled. What is told twice, late or to a later submission of an id changes nothing.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] waiters
-- KEYS[6] keys
-- KEYS[7] running
-- KEYS[8] gates
-- KEYS[9] limits
-- KEYS[10] lease
-- KEYS[11] classes
-- KEYS[12] done_succeeded
-- KEYS[13] done_failed
-- KEYS[14] done_dead
-- KEYS[15] done_cancelled
-- KEYS[16] expiring
-- KEYS[17] stats
-- KEYS[18] meta
-- KEYS[19] events
-- ARGV[1] endings   msgpack list of {id, its submit token, parent pool/id, epoch of that end, its state, packed result};
--   state 0 for a parent that never came
-- Returns how many of them were news.
-- include: wake
-- include: due
-- include: edges
local told, ids, keys_of_parents = cmsgpack.unpack(endings), {}, {}
for i, ending in ipairs(told) do
  ids[i] = ending[1]
  keys_of_parents[#keys_of_parents + 1] = parents_of(ending[1])
  keys_of_parents[#keys_of_parents + 1] = inputs_of(ending[1])
end
load(ids)
touch_all(keys_of_parents)

local edges = {}
local function edge_of(id, parent)
  local name = id .. '/' .. parent
  if edges[name] == nil then
    local packed_edge = redis.call('HGET', parents_of(id), parent)
    edges[name] = packed_edge and cmsgpack.unpack(packed_edge)
  end
  return edges[name]
end

local function fulfils(on, state)
  if on == ON_END then return state >= SUCCEEDED end
  if on == ON_FAILURE then return state == FAILED or state == DEAD end
  return state == SUCCEEDED
end

local earliest, scheduled = next_due(), false

-- All that it waited for has come: it enters the queue, or waits for its time.
local function set_off(id, record)
  local delay, at = string.match(redis.call('HGET', parents_of(id), DUE) or '0 0', '^(%d+) (%d+)$')
  local due_at = tonumber(at) > 0 and tonumber(at) or now + tonumber(delay)
  if due_at > now then
    schedule(id, record, due_at)
    scheduled = true
  else
    queue(id, record)
  end
end

local function meet(id, record, edge, result)
  record[AWAITS] = record[AWAITS] - 1
  changed[id] = true
  if edge[EDGE_TAKES] == 1 then hash(inputs_of(id), edge.parent, result) end
  if record[STATE] == WAITING and record[AWAITS] == 0 then set_off(id, record) end
end

local function apply(id, record, parent, epoch, state, result)
  local edge = edge_of(id, parent)
  if not edge or edge[EDGE_STANDING] ~= PENDING or epoch <= edge[EDGE_SINCE] then return false end
  edge[EDGE_STANDING] = fulfils(edge[EDGE_ON], state) and MET or UNMET
  hash(parents_of(id), parent, cmsgpack.pack({ edge[1], edge[2], edge[3], edge[4] }))
  edge.parent = parent
  if edge[EDGE_STANDING] == MET then
    meet(id, record, edge, result)
  elseif record[STATE] == WAITING then
    finish(id, record, CANCELLED, 'upstream')
  end
  return true
end

local news = 0
for _, ending in ipairs(told) do
  local id, record = ending[1], records[ending[1]]
  if record and is_unreadable(record) then
    if redis.call('ZSCORE', waiting, id) then bury(id, record, WAITING) end
  elseif record and not is_newer(record) and record[TOKEN] == ending[2] then
    if apply(id, record, ending[3], ending[4], ending[5], ending[6]) then news = news + 1 end
  end
end

flush()
wake()
if scheduled and (earliest == 0 or next_due() < earliest) then wake_timers() end
return news
