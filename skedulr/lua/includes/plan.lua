-- include: names
-- Changes are planned as final values and written in one go, batched by key: a script reads and decodes
-- everything before its first write, and the order in which it plans does not matter.
local planned_zsets, planned_hashes = {}, {}
local planned_pushes, planned_dels, planned_events -- made when they are needed, which is seldom
local SLICE = 4000 -- unpack fails at about 8,000 values

-- score false: the member leaves
local function zset(key, member, score)
  local plan = planned_zsets[key]
  if plan then plan[member] = score else planned_zsets[key] = { [member] = score } end
end

-- value false: the field leaves
local function hash(key, field, value)
  local plan = planned_hashes[key]
  if plan then plan[field] = value else planned_hashes[key] = { [field] = value } end
end

-- A resharding cluster refuses a key that is not declared. It must do so before the first write, so whatever
-- plans to write to such a key touches it.
local touched
local function touch_all(list)
  for first = 1, #list, SLICE do
    redis.call('EXISTS', unpack(list, first, math.min(first + SLICE - 1, #list)))
  end
  touched = touched or {}
  for _, key in ipairs(list) do touched[key] = true end
end
local function touch(key)
  if not (touched and touched[key]) then touch_all({ key }) end
end

local function push(key, value)
  touch(key)
  planned_pushes = planned_pushes or {}
  local values = planned_pushes[key] or {}
  planned_pushes[key] = values
  values[#values + 1] = value
end

-- A key that is deleted and written again holds what is written.
local function delete(key)
  touch(key)
  planned_dels = planned_dels or {}
  planned_dels[#planned_dels + 1] = key
end

-- Others have to be told that a task has come into this state at this epoch.
local function emit(stream, kind, id, epoch)
  planned_events = planned_events or {}
  planned_events[#planned_events + 1] = { stream, kind, id, string.format('%.0f', epoch) }
end

-- a client that is gone leaves its inbox to this TTL
local INBOX_SECONDS = 60

local function call_sliced(command, key, values)
  for first = 1, #values, SLICE do
    redis.call(command, key, unpack(values, first, math.min(first + SLICE - 1, #values)))
  end
end

-- ZADD wants each score before its member, HSET each field before its value.
local function write_some(key, plan, set, remove)
  local kept, left, n, member_first = {}, {}, 0, set == 'HSET'
  for member, value in pairs(plan) do
    if not value then
      left[#left + 1] = member
    else
      kept[n + 1], kept[n + 2] = member_first and member or value, member_first and value or member
      n = n + 2
    end
  end
  call_sliced(remove, key, left)
  call_sliced(set, key, kept)
end

local function write_one(key, member, value, set, remove)
  if not value then
    redis.call(remove, key, member)
  elseif set == 'HSET' then
    redis.call(set, key, member, value)
  else
    redis.call(set, key, value, member)
  end
end

local function write(plans, set, remove)
  for key, plan in pairs(plans) do
    local member, value = next(plan)
    if next(plan, member) == nil then
      write_one(key, member, value, set, remove)
    else
      write_some(key, plan, set, remove)
    end
  end
end

local function write_plan()
  if planned_dels then
    for _, key in ipairs(planned_dels) do redis.call('DEL', key) end
  end
  write(planned_zsets, 'ZADD', 'ZREM')
  write(planned_hashes, 'HSET', 'HDEL')
  if planned_pushes then
    for key, values in pairs(planned_pushes) do
      call_sliced('RPUSH', key, values)
      redis.call('EXPIRE', key, INBOX_SECONDS)
    end
  end
  if planned_events then
    for _, event in ipairs(planned_events) do
      redis.call('XADD', event[1], '*', 'kind', event[2], 'id', event[3], 'epoch', event[4])
    end
  end
  planned_zsets, planned_hashes = {}, {}
  planned_pushes, planned_dels, planned_events = nil, nil, nil
end
