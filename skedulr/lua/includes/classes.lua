-- include: markers
-- include: endings
-- Instances that know the same jobs form a class. A class is 'wire kind /job/job/': the record format that
-- it reads, 'solo' or 'any', and its jobs.
local live_classes
local function read_classes()
  live_classes = {}
  for i = 1, #class_texts, 2 do
    local wire, kind, jobs = string.match(class_texts[i + 1], '^(%d+) (%a+) (.*)$')
    live_classes[class_texts[i]] = { wire = tonumber(wire), solo = kind == 'solo', jobs = jobs }
  end
end
read_classes()

local function knows(class, job) return string.find(class.jobs, '/' .. job .. '/', 1, true) ~= nil end

local function at_limit(job)
  local most = all_limits()[job]
  return most ~= nil and size(limited_of(job)) >= most
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
  for gate in pairs(all_gates()) do
    local list = redis.call('EXISTS', held_at(gate)) == 1 and found or empty
    list[#list + 1] = gate
  end
  return found, empty
end
