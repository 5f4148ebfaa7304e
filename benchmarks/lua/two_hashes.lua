-- Records in one shared hash (id -> packed record), payloads in another (id -> bytes).
-- luacheck: ignore 241
local layout = {}

local function save(ids, records)
  local fields, packed = {}, {}
  for i = 1, #ids do
    packed[i] = codec.pack(records[i])
    fields[i * 2 - 1] = ids[i]
    fields[i * 2] = packed[i]
  end
  redis.call('HSET', KEYS[3], unpack(fields))
  return packed
end

function layout.any_exists(ids)
  local found = redis.call('HMGET', KEYS[3], unpack(ids))
  for i = 1, #ids do
    if found[i] then return true end
  end
  return false
end

function layout.create(ids, records, payloads)
  local fields = {}
  for i = 1, #ids do
    fields[i * 2 - 1] = ids[i]
    fields[i * 2] = payloads[i]
  end
  save(ids, records)
  redis.call('HSET', KEYS[4], unpack(fields))
end

function layout.load(ids)
  local records = redis.call('HMGET', KEYS[3], unpack(ids))
  for i = 1, #ids do records[i] = records[i] and codec.split(records[i]) end
  return records
end

layout.finish = save

function layout.claim(ids, records)
  local packed = save(ids, records)
  local payloads = redis.call('HMGET', KEYS[4], unpack(ids))
  local answer = {}
  for i = 1, #ids do
    answer[i * 3 - 2] = ids[i]
    answer[i * 3 - 1] = packed[i]
    answer[i * 3] = payloads[i]
  end
  return answer
end
