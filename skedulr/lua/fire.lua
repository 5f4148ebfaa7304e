-- Fires schedules: each enqueues the task of its slot and gets its next slot, in one step.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] payloads
-- KEYS[6] results
-- KEYS[7] attempts
-- KEYS[8] progress
-- KEYS[9] keys
-- KEYS[10] running
-- KEYS[11] gates
-- KEYS[12] limits
-- KEYS[13] lease
-- KEYS[14] classes
-- KEYS[15] done_succeeded
-- KEYS[16] done_failed
-- KEYS[17] done_dead
-- KEYS[18] done_cancelled
-- KEYS[19] expiring
-- KEYS[20] stats
-- KEYS[21] meta
-- KEYS[22] events
-- KEYS[23] orphans
-- KEYS[24] schedules
-- KEYS[25] schedule_plans
-- KEYS[26] slots
-- ARGV[1..] one firing each, msgpack map: name, revision, stored (the slot that the sender saw, 0: none is planned),
--   run (the slot to run, 0: none), due_at (ms, not before), next (0: none follows), missed (the last slot that is
--   passed over, 0), alone (1: not while a former run lives), outlook (for people), problem (why none can be planned)
-- Returns an outcome for each: 'fired', 'planned' (nothing was to run), 'overlap', 'duplicate' (a live task holds its
-- key), 'full' (the slot stays), 'already' (another slot is stored), 'changed', 'early', 'paused', 'missing'.
-- include: runs
local PROBLEM_AGAIN = 600000 -- another coordinator may be able to plan it later

local firings, names = {}, {}
for i = 1, #ARGV do
  firings[i] = cmsgpack.unpack(ARGV[i])
  names[i] = firings[i].name
end
read_schedules(names)
local runs = {}
for _, firing in ipairs(firings) do
  if firing.run > 0 then
    runs[#runs + 1] = { firing.name, firing.name .. '@' .. iso(firing.run), firing.due_at }
  end
end
read_runs(runs)

-- What stands against even looking at the slot.
local function refusal_of(firing, plan)
  if not plan or not specs[firing.name] then return 'missing' end
  if plan.revision ~= firing.revision then return 'changed' end
  if plan.state == PAUSED then return 'paused' end
  if plan.state == FINISHED or plan.slot ~= firing.stored then return 'already' end
  if firing.run > now then return 'early' end
  return nil
end

local function run_slot(firing, plan)
  if firing.run == 0 then return 'planned' end
  forget_ended(plan)
  local alone = firing.alone == 1 or specs[firing.name].overlap == 'skip'
  if alone and #plan.unfinished > 0 then return 'overlap' end
  return run(firing.name)
end

-- A full pool leaves the slot to whoever decides what becomes of missed ones, and says so once.
local function refuse(firing, plan)
  if plan.refused == firing.stored then return end
  plan.refused = firing.stored
  note_run(firing.name, { what = 'full', slot = firing.run })
  keep_plan(firing.name)
end

local function note(firing, outcome, id)
  if firing.missed > 0 then note_run(firing.name, { what = 'missed', slot = firing.stored, upto = firing.missed }) end
  if firing.run > 0 then note_run(firing.name, { what = outcome, slot = firing.run, task = id }) end
end

local function step(firing, plan)
  plan.problem, plan.outlook = firing.problem, firing.outlook
  if firing.problem ~= '' then return put_plan(firing.name, now + PROBLEM_AGAIN) end
  plan.slot = firing.next
  if firing.next > 0 then return put_plan(firing.name) end
  plan.state = FINISHED
  return put_plan(firing.name, now + FINISHED_FOR)
end

local function fire(firing)
  local plan = plans[firing.name]
  local outcome = refusal_of(firing, plan)
  if outcome == 'missing' then zset(slots, firing.name, false) end
  if outcome then return outcome end
  local id
  outcome, id = run_slot(firing, plan)
  if outcome == 'full' then
    refuse(firing, plan)
  else
    note(firing, outcome, id)
    step(firing, plan)
  end
  return outcome
end

local outcomes = {}
for i, firing in ipairs(firings) do outcomes[i] = fire(firing) end
write_all()
return outcomes
