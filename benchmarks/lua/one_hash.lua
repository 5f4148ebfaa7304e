-- One shared hash: id -> packed record, then the payload's bytes; payloads over 1 KiB in a second hash.
-- luacheck: ignore 241
local layout = {}
local tails = {}

local function spilled(ids, records)
  local rows, wanted = {}, {}
  for i = 1, #ids do
    if records[i][SPILLED] == 1 then wanted[#wanted + 1] = ids[i] end
  end
  if #wanted > 0 then
    local found = redis.call('HMGET', KEYS[4], unpack(wanted))
    for i = 1, #wanted do rows[wanted[i]] = found[i] end
  end
  return rows
end

local function save(ids, records)
  local fields = {}
  for i = 1, #ids do
    fields[i * 2 - 1] = ids[i]
    fields[i * 2] = codec.pack(records[i]) .. tails[ids[i]]
  end
  redis.call('HSET', KEYS[3], unpack(fields))
  return fields
end

function layout.any_exists(ids)
  local found = redis.call('HMGET', KEYS[3], unpack(ids))
  for i = 1, #ids do
    if found[i] then return true end
  end
  return false
end

function layout.create(ids, records, payloads)
  local large = {}
  for i = 1, #ids do
    local tail = payloads[i]
    if #tail > 1024 then
      large[#large + 1] = ids[i]
      large[#large + 1] = tail
      records[i][SPILLED] = 1
      tail = ''
    end
    tails[ids[i]] = tail
  end
  save(ids, records)
  if #large > 0 then redis.call('HSET', KEYS[4], unpack(large)) end
end

function layout.load(ids)
  local records = redis.call('HMGET', KEYS[3], unpack(ids))
  for i = 1, #ids do
    if records[i] then records[i], tails[ids[i]] = codec.split(records[i]) end
  end
  return records
end

layout.finish = save

function layout.claim(ids, records)
  local rows = spilled(ids, records)
  local values = save(ids, records)
  local answer = {}
  for i = 1, #ids do
    answer[i * 3 - 2] = ids[i]
    answer[i * 3 - 1] = values[i * 2]
    answer[i * 3] = rows[ids[i]] or ''
  end
  return answer
end
