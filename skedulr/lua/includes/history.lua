-- include: places
-- What went wrong is kept per attempt, packed one after the other; beyond the limit the oldest go.
local ATTEMPTS_BYTES = 65536

local function keep_attempt(id, record, kind, problem)
  local kept = redis.call('HGET', attempts, id) or ''
  while #kept > ATTEMPTS_BYTES do
    local rest = cmsgpack.unpack_one(kept)
    if rest == -1 then break end
    kept = string.sub(kept, rest + 1)
  end
  local entry = { record[ATTEMPT], kind, record[STARTED_AT], now, record[OWNER], problem }
  hash(attempts, id, kept .. cmsgpack.pack(entry))
end

local DAY = 86400000
local RETENTION, HISTORY = 7 * DAY, { [SUCCEEDED] = 100000, [FAILED] = 100000, [DEAD] = 1000000, [CANCELLED] = 100000 }

local function history_limit(state)
  if state == DEAD then return math.max(HISTORY[DEAD], tonumber(settings[6] or 0)) end
  return tonumber(settings[6] or HISTORY[state])
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
    elseif not (record and is_newer(record)) then
      left = left + 1
      gone[id] = true
      zset(key, id, false)
      local history = record and done[record[STATE]]
      if history then zset(history, id, false) end
      grow(history or key, -1)
      if record and (is_terminal(record) or is_unreadable(record)) then forget(id, record) end
    end
  end
  return left, left + passed
end

-- Forget up to `most` ended tasks of a state that are too old, or more than the pool keeps.
local function trim_state(state, most)
  local key = done[state]
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
