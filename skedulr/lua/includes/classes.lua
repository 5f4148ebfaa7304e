-- include: places
-- Instances that know the same jobs form a class. A class is 'wire kind /job/job/': the record format that
-- it reads, 'solo' or 'any', and its jobs.
local live_classes
local function read_classes()
  live_classes = {}
  local found = redis.call('HGETALL', classes)
  for i = 1, #found, 2 do
    local wire, kind, jobs = string.match(found[i + 1], '^(%d+) (%a+) (.*)$')
    live_classes[found[i]] = { wire = tonumber(wire), solo = kind == 'solo', jobs = jobs }
  end
end
read_classes()

local function knows(class, job) return string.find(class.jobs, '/' .. job .. '/', 1, true) ~= nil end

local function at_limit(job)
  local limit = limit_of[job]
  return limit ~= nil and size(limited_of(job)) >= limit
end

-- The gate at which this class must leave a task, nil if it may run it now. What it cannot read waits at a gate
-- that tells all the rest as well: else two classes that each lack something would pass it to and fro.
local function gate_for(class, record)
  local job = record[JOB]
  if record[VERSION] > class.wire then
    return 'wire:' .. record[VERSION] .. (record[SUSPECT] == 1 and ':solo:' or ':job:') .. job
  end
  if record[SUSPECT] == 1 and not class.solo then return 'solo:' .. job end
  if at_limit(job) then return 'limit:' .. job end
  if not knows(class, job) then return 'job:' .. job end
  return nil
end

-- Whether this class may take the heads of a gate's queue.
local function is_open(class, gate)
  local version, inner = string.match(gate, '^wire:(%d+):(.*)$')
  if version and tonumber(version) > class.wire then return false end
  local kind, name = string.match(inner or gate, '^(%a+):(.*)$')
  if (kind == 'solo') ~= class.solo then return false end
  return knows(class, name) and not at_limit(name)
end

-- The gates with somebody behind them, and those with nobody left.
local function held_gates()
  local found, empty = {}, {}
  for _, gate in ipairs(redis.call('ZRANGE', gates, 0, -1)) do
    local list = redis.call('EXISTS', held_at(gate)) == 1 and found or empty
    list[#list + 1] = gate
  end
  return found, empty
end

local function touch_built()
  local built = { minute }
  for job in pairs(limit_of) do built[#built + 1] = limited_of(job) end
  for _, gate in ipairs(redis.call('ZRANGE', gates, 0, -1)) do built[#built + 1] = held_at(gate) end
  touch_all(built)
end
touch_built()

-- Whether every class has its marker, and so is or will be awake.
local function all_marked()
  local markers = {}
  for name in pairs(live_classes) do markers[#markers + 1] = wake_of(name) end
  return #markers == 0 or redis.call('EXISTS', unpack(markers)) == #markers
end
local awake = all_marked()
