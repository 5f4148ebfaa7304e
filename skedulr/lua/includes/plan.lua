-- include: names
-- include: clock
-- Changes are planned as final values and written in one go by flush, batched by key: a script reads and
-- decodes everything before its first write, and the order in which it plans does not matter.
local planned_zsets, planned_hashes, planned_pushes, planned_dels = {}, {}, {}, {}
local SLICE = 4000 -- unpack fails at about 8,000 values

local function planned(plans, key)
  local plan = plans[key]
  if not plan then
    plan = {}
    plans[key] = plan
  end
  return plan
end

-- score false: the member leaves
local function zset(key, member, score)
  local plan = planned_zsets[key] or planned(planned_zsets, key)
  plan[member] = score
end

-- value false: the field leaves
local function hash(key, field, value)
  local plan = planned_hashes[key] or planned(planned_hashes, key)
  plan[field] = value
end

-- A resharding cluster refuses a key that is not declared. It must do so before the first write, so whatever
-- plans to write to such a key touches it.
local touched = {}
local function touch_all(list)
  for first = 1, #list, SLICE do
    redis.call('EXISTS', unpack(list, first, math.min(first + SLICE - 1, #list)))
  end
  for _, key in ipairs(list) do touched[key] = true end
end
local function touch(key)
  if not touched[key] then touch_all({ key }) end
end

local function push(key, value)
  touch(key)
  local values = planned(planned_pushes, key)
  values[#values + 1] = value
end

local function delete(key)
  touch(key)
  planned_dels[#planned_dels + 1] = key
end

local function call_sliced(command, key, values)
  for first = 1, #values, SLICE do
    redis.call(command, key, unpack(values, first, math.min(first + SLICE - 1, #values)))
  end
end

local function write_zset(key, members)
  local added, left = {}, {}
  for member, score in pairs(members) do
    if score then
      added[#added + 1] = score
      added[#added + 1] = member
    else
      left[#left + 1] = member
    end
  end
  call_sliced('ZREM', key, left)
  call_sliced('ZADD', key, added)
end

local function write_hash(key, fields)
  local set, left = {}, {}
  for field, value in pairs(fields) do
    if value then
      set[#set + 1] = field
      set[#set + 1] = value
    else
      left[#left + 1] = field
    end
  end
  call_sliced('HDEL', key, left)
  call_sliced('HSET', key, set)
end

-- a client that is gone leaves its inbox to this TTL
local INBOX_SECONDS = 60

local function clear_plan()
  planned_zsets, planned_hashes, planned_pushes, planned_dels = {}, {}, {}, {}
end

local function write_plan()
  for key, members in pairs(planned_zsets) do write_zset(key, members) end
  for key, fields in pairs(planned_hashes) do write_hash(key, fields) end
  for key, values in pairs(planned_pushes) do
    call_sliced('RPUSH', key, values)
    redis.call('EXPIRE', key, INBOX_SECONDS)
  end
  for _, key in ipairs(planned_dels) do redis.call('DEL', key) end
  clear_plan()
end
