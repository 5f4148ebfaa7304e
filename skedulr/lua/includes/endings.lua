-- include: places
local KEPT_AT_LEAST = 60000 -- after its end a task answers late acknowledgements and those who wait for it

local function tell_waiters(id)
  local packed = redis.call('HGET', waiters, id)
  if not packed then return end
  for _, client in ipairs(cmsgpack.unpack(packed)) do push(prefix .. 'inbox:' .. client, id) end
  hash(waiters, id, false)
end

-- The end of a task: its dedupe key is freed if it holds it, and those who wait for it are told.
local function finish(id, record, state, reason)
  take(id, record, state)
  record[FINISHED_AT] = now
  record[REASON] = reason
  record[SUSPECT], record[CANCEL] = 0, 0
  local history, counter = done_in(state)
  zset(history, id, now_text)
  if record[TTL] > 0 then zset(expiring, id, now + math.max(record[TTL], KEPT_AT_LEAST)) end
  if record[KEY] ~= '' and redis.call('HGET', keys, record[KEY]) == id then hash(keys, record[KEY], false) end
  if record[WAITED] == 1 then
    record[WAITED] = 0
    tell_waiters(id)
  end
  if record[LINKED] > 0 then
    record[LINKED] = UNREAD
    emit(events, 'ended', id, record[EPOCH])
  end
  count(counter, 1)
end

-- What cannot be read becomes dead, wherever it was found; its bytes stay as its body.
local function bury(id, record, from, owner)
  record[STATE] = from
  record[OWNER] = owner or ''
  record[VERSION] = FORMAT
  touch(children_of(id))
  record[LINKED] = redis.call('EXISTS', children_of(id))
  if from == RUNNING then
    for job in pairs(all_limits()) do zset(limited_of(job), id, false) end
  end
  finish(id, record, DEAD, 'unreadable')
end
