-- A hash for each task, with short field names; fields that hold their default are left out.
-- luacheck: ignore 241
local layout = {}

local function keys_of(ids)
  local keys = {}
  for i = 1, #ids do keys[i] = KEYS[3] .. ':' .. ids[i] end
  return keys
end

function layout.any_exists(ids)
  return redis.call('EXISTS', unpack(keys_of(ids))) > 0
end

function layout.create(ids, records, payloads)
  local keys = keys_of(ids)
  for i = 1, #ids do
    local record = records[i]
    redis.call('HSET', keys[i], 'v', record[VERSION], 's', record[STATE], 'j', record[JOB],
      'p', record[PRIORITY], 'q', record[SCORE], 'e', record[EPOCH], 't', record[TOKEN],
      'n', record[ENQUEUED], unpack(payload.beside(payloads[i])))
  end
  payload.store(ids, payloads)
end

function layout.load(ids)
  local keys, records = keys_of(ids), {}
  for i = 1, #ids do
    local found = redis.call('HMGET', keys[i], 'v', 's', 'j', 'p', 'e', 'd', 'a', 'k', 'g', 'x')
    records[i] = found[1] and {
      [VERSION] = tonumber(found[1]), [STATE] = tonumber(found[2]), [JOB] = found[3], [PRIORITY] = found[4],
      [EPOCH] = tonumber(found[5]), [ENDED] = tonumber(found[6]), [ATTEMPT] = tonumber(found[7] or 0),
      [KEY] = found[8] or '', [GROUP] = found[9] or '', [EXPIRES] = found[10] or 0,
    }
  end
  return records
end

function layout.finish(ids, records)
  local keys = keys_of(ids)
  for i = 1, #ids do
    local record = records[i]
    redis.call('HSET', keys[i], 's', record[STATE], 'd', record[ENDED], 'f', record[FINISHED],
      'x', record[EXPIRES])
  end
end

function layout.claim(ids, records)
  local keys, answer = keys_of(ids), {}
  local payloads = payload.fetch(ids, keys)
  for i = 1, #ids do
    local record = records[i]
    redis.call('HSET', keys[i], 's', record[STATE], 'e', record[EPOCH], 'o', record[OWNER],
      'a', record[ATTEMPT], 'r', record[STARTED])
    local at = i * 6
    answer[at - 5] = ids[i]
    answer[at - 4] = string.format('%.0f', record[EPOCH])
    answer[at - 3] = record[JOB]
    answer[at - 2] = record[PRIORITY]
    answer[at - 1] = record[ATTEMPT]
    answer[at] = payloads[i]
  end
  return answer
end
