-- include: arrivals
-- include: schedules
-- include: calendar
-- The run of a schedule is a task like any other; of those that have not ended, the schedule knows the newest.
local UNFINISHED_KEPT = 8

local run_requests = {} -- by the name of the schedule

-- A record as its producer would have sealed it, and the wish beside it.
local FIELDS_UNSEALED = 4
local function request_of(id, due_at, spec)
  local record = { 0, 0, 0, 0, spec.job, spec.key, spec.group, '', spec.priority, spec.ttl, 0 }
  local body, spilled = spec.body, ''
  if #body > INLINE_LIMIT then
    record[SPILLED], body, spilled = 1, '', body
  end
  local sealed = string.sub(cmsgpack.pack(record), FIELDS_UNSEALED + 2) .. body
  return { id, spec.priority, sealed, { spec.key, '', 0, due_at, spec.expires_in, spilled } }
end

-- Read all that decides what can run, before the first write: {name, id, due_at} of each.
local function read_runs(runs)
  local former, requests = {}, {}
  for _, run in ipairs(runs) do
    local spec, plan = specs[run[1]], plans[run[1]]
    if spec and plan then
      local request = request_of(run[2], run[3], spec)
      requests[#requests + 1] = request
      run_requests[run[1]] = request
      for _, id in ipairs(plan.unfinished) do former[#former + 1] = id end
    end
  end
  load(former)
  read_for(requests)
end

local function lives(id)
  local record = records[id]
  return record and (is_newer(record) or not is_terminal(record))
end

local function forget_ended(plan)
  local left = {}
  for _, id in ipairs(plan.unfinished) do
    if lives(id) then left[#left + 1] = id end
  end
  plan.unfinished = left
end

-- Plan a run: answers 'fired' (also when this very run was stored before), 'full' or 'duplicate', and the id
-- or limit that explains it.
local function run(name)
  local request, plan = run_requests[name], plans[name]
  local outcome, detail = submit(request)
  if outcome == 'full' then return 'full', detail end
  if outcome == 'duplicate_key' then return 'duplicate', detail end
  if outcome == 'stored' then
    plan.fired = plan.fired + 1
    plan.unfinished[#plan.unfinished + 1] = request[1]
    if #plan.unfinished > UNFINISHED_KEPT then table.remove(plan.unfinished, 1) end
  end
  return 'fired', request[1]
end

local function write_all()
  if submitted == 0 then
    write_plan()
  elseif not write_unless_waking() then
    write_and_wake()
  end
  write_runs()
end
