-- Stores schedules: what each runs and when; where one stands is kept while its times stay the same.
-- flags:
-- KEYS[1] meta
-- KEYS[2] schedules
-- KEYS[3] schedule_plans
-- KEYS[4] slots
-- ARGV[1..] one schedule each, msgpack map: name, elsewhere (1: it belongs to another pool), source ('code', 'user'),
--   digest, timing, policy, overlap, job, priority, key, group, expires_in (ms), ttl (ms), body, carried (what the pool
--   gave along that it comes from)
-- Returns for each {outcome, revision, what to carry along}: 'stored', 'same', 'older' (code that was replaced, while the newer one runs),
-- 'moves' (it may replace the one here, which has to be removed first), 'code' (declared by code that runs).
-- include: schedules
-- include: pool
local SEEN_EVERY = 10000 -- a sign of life of the code is written no more often, in ms
local FORMER_KEPT = 16

local given, names = {}, {}
for i = 1, #ARGV do
  given[i] = cmsgpack.unpack(ARGV[i])
  names[i] = given[i].name
end
read_schedules(names)

local function position_of(digest, list)
  for i, each in ipairs(list) do
    if each == digest then return i end
  end
  return nil
end

-- What becomes of a declaration beside the schedule that is stored.
local function verdict(declared, spec, plan)
  if spec.source == 'code' and declared.source == 'user' then return is_declared(plan) and 'code' or 'stored' end
  if spec.source ~= declared.source or declared.source == 'user' then return 'stored' end
  if spec.digest == declared.digest then return 'same' end
  local is_former = position_of(declared.digest, plan.former)
  return is_former and plan.last_held + DECLARED_FOR > now and 'older' or 'stored'
end

-- The code that declares it lives: as it stands here (held), or at least one of that name (declared).
local function note_life(name, plan, outcome)
  if outcome == 'code' or now - (outcome == 'same' and plan.last_held or plan.last_declared) < SEEN_EVERY then return end
  plan.last_declared = now
  if outcome == 'same' then plan.last_held = now end
  keep_plan(name)
end

local function new_plan()
  return {
    revision = 0, state = ACTIVE, slot = 0, anchor = now, from = now, last_declared = 0, last_held = 0, former = {}, fired = 0,
    unfinished = {}, refused = 0, outlook = '', problem = '',
  }
end

-- Other times are planned from now on; a pause outlasts them.
local function plan_anew(plan)
  plan.slot, plan.anchor, plan.from, plan.outlook = 0, now, now, ''
  if plan.state == FINISHED then plan.state = ACTIVE end
end

local function keep_former(plan, spec, declared)
  local again = position_of(declared.digest, plan.former)
  if again then table.remove(plan.former, again) end
  if spec and spec.source == 'code' and spec.digest ~= declared.digest then
    plan.former[#plan.former + 1] = spec.digest
    if #plan.former > FORMER_KEPT then table.remove(plan.former, 1) end
  end
end

-- Where one stood in the pool that it comes from, with the times that it had there.
local function arrived(declared)
  local carried = declared.carried and cmsgpack.unpack(declared.carried)
  declared.carried = nil
  if not carried then return new_plan(), nil end
  local timing = carried.timing
  carried.timing = nil
  return carried, timing
end

local function store(declared)
  local name = declared.name
  local spec, plan = specs[name], plans[name]
  local is_moving = declared.carried ~= nil -- then what stands here is but an earlier try of that
  local carried_plan, timing = arrived(declared)
  local revision = plan and plan.revision or 0
  if spec and plan and not is_moving then timing = spec.timing else plan = carried_plan end
  plan.revision = math.max(plan.revision, revision)
  keep_former(plan, spec, declared)
  if timing ~= declared.timing or plan.problem ~= '' then plan_anew(plan) end
  raise_revision(plan)
  plan.problem, plan.refused = '', 0
  if declared.source == 'code' then plan.last_declared, plan.last_held = now, now end
  declared.changed_at, declared.created_at = now, spec and spec.created_at or now
  specs[name], plans[name] = declared, plan
  hash(schedules, name, cmsgpack.pack(declared))
  put_plan(name, plan.state == FINISHED and now + FINISHED_FOR)
end

-- What a schedule takes along to another pool.
local function luggage(declared)
  local plan, spec = plans[declared.name], specs[declared.name]
  if not (plan and spec) then return '' end
  keep_former(plan, spec, declared)
  plan.timing = spec.timing
  return cmsgpack.pack(plan)
end

local function settle(declared)
  local elsewhere = declared.elsewhere == 1
  declared.elsewhere = nil
  local spec, plan = specs[declared.name], plans[declared.name]
  local outcome = spec and plan and verdict(declared, spec, plan) or 'stored'
  if outcome == 'same' and declared.carried then outcome = 'stored' end
  if outcome ~= 'stored' then
    note_life(declared.name, plan, outcome)
  elseif elsewhere then
    outcome = 'moves'
  else
    store(declared)
  end
  plan = plans[declared.name]
  return { outcome, plan and plan.revision or 0, outcome == 'moves' and luggage(declared) or '' }
end

local answers = {}
for i, declared in ipairs(given) do answers[i] = settle(declared) end
write_plan()
return answers
