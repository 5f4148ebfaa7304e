-- include: endings
-- include: forget
local RETENTION = 604800000 -- 7 days
local KEPT, DEAD_KEPT = 100000, 1000000 -- tasks of a state, unless the pool says otherwise; no fewer dead ones

local function history_limit(state)
  if state == DEAD then return math.max(DEAD_KEPT, tonumber(settings[6] or 0)) end
  return tonumber(settings[6] or KEPT)
end

local gone = {} -- ids that this script has taken out of the history

-- Forget the ended tasks of a list, but for those of a newer format: answers how many left the history, and how
-- many of the list are no longer in it.
local function forget_all(ids, key)
  load(ids)
  local left, passed = 0, 0
  for _, id in ipairs(ids) do
    local record = records[id]
    if gone[id] then
      passed = passed + 1
    elseif record and record[LINKED] == UNREAD then
      -- Those that hang on it may want its result: it is kept until they are told, and lets others pass.
      zset(key, id, now + (key == expiring and KEPT_AT_LEAST or 0))
      passed = passed + 1
    elseif not (record and is_newer(record)) then
      left = left + 1
      gone[id] = true
      zset(key, id, false)
      local ended = record and is_terminal(record)
      grow(ended and done_in(record[STATE]) or key, -1)
      if ended or (record and is_unreadable(record)) then forget(id, record) end
    end
  end
  return left, left + passed
end

-- Forget up to `most` ended tasks of a state that are too old, or more than the pool keeps.
local function trim_state(state, most)
  local key = done_in(state)
  local oldest = now - math.max(tonumber(settings[5] or RETENTION), KEPT_AT_LEAST)
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', oldest, 'LIMIT', 0, most)
  local excess = math.min(size(key) - history_limit(state), most)
  if excess > #ids then
    ids = redis.call('ZRANGEBYSCORE', key, '-inf', now - KEPT_AT_LEAST, 'LIMIT', 0, excess)
  end
  return forget_all(ids, key)
end

-- Forget up to `most` ended tasks whose own time to live is over.
local function trim_expiring(most)
  return forget_all(redis.call('ZRANGEBYSCORE', expiring, '-inf', now, 'LIMIT', 0, most), expiring)
end
