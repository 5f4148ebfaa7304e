-- include: plan
-- include: clock
-- A schedule is what it runs and when, in `schedules`, and where it stands, in `plans`; `slots` says when a
-- coordinator has to look at it. Both values are maps, so that fields which this code does not know survive it.
local ACTIVE, PAUSED, FINISHED = 'active', 'paused', 'finished'
local FINISHED_FOR = 604800000 -- 7 days, in ms: one that has run for the last time can be looked at that long
local RUNS_KEPT = 50

local specs, plans = {}, {} -- by name

local function runs_of(name) return prefix .. 'runs:' .. name end

-- Bytes that cannot be read count as nothing: whoever declares the schedule again writes them anew.
local function read_map(value)
  if not value then return nil end
  local readable, map = pcall(cmsgpack.unpack, value)
  return readable and type(map) == 'table' and map or nil
end

local function read_plans(names)
  for i, value in ipairs(redis.call('HMGET', schedule_plans, unpack(names))) do plans[names[i]] = read_map(value) end
end

local function read_schedules(names)
  if #names == 0 then return end
  for i, value in ipairs(redis.call('HMGET', schedules, unpack(names))) do specs[names[i]] = read_map(value) end
  read_plans(names)
end

-- Whether code that runs declares it: its workers say so again and again.
local DECLARED_FOR = 90000
local function is_declared(plan) return plan.last_declared + DECLARED_FOR > now end

-- Each change of what a schedule is gets a higher number, also when it was removed and comes again.
local function raise_revision(plan) plan.revision = math.max(plan.revision + 1, now) end

local function keep_plan(name) hash(schedule_plans, name, cmsgpack.pack(plans[name])) end

-- Write where a schedule stands, and when somebody has to look at it: 0 at once, never while it is paused.
local function put_plan(name, look_at)
  local plan = plans[name]
  keep_plan(name)
  zset(slots, name, plan.state ~= PAUSED and (look_at or plan.slot) or false)
end

local function drop_schedule(name)
  hash(schedules, name, false)
  hash(schedule_plans, name, false)
  zset(slots, name, false)
  delete(runs_of(name))
end

local noted = {} -- runs that this script adds to the history of schedules

local function note_run(name, run)
  touch(runs_of(name))
  run.at = now
  noted[#noted + 1] = { runs_of(name), cmsgpack.pack(run) }
end

local function write_runs()
  for _, run in ipairs(noted) do
    redis.call('RPUSH', run[1], run[2])
    redis.call('LTRIM', run[1], -RUNS_KEPT, -1)
  end
end
