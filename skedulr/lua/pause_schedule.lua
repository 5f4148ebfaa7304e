-- Stops a schedule or lets it go on; slots of the time between are passed over.
-- flags: allow-oom
-- KEYS[1] meta
-- KEYS[2] schedule_plans
-- KEYS[3] slots
-- ARGV[1] name
-- ARGV[2] stop   1, or 0: go on
-- Returns how it stands: 'paused', 'active', 'finished' (nothing more will run), 'missing'.
-- include: schedules
-- include: pool
read_plans({ name })
local plan = plans[name]
if not plan then return 'missing' end
local wanted = stop == '1' and PAUSED or ACTIVE
if plan.state == FINISHED or plan.state == wanted then return plan.state end
plan.state = wanted
raise_revision(plan)
if wanted == ACTIVE then plan.slot, plan.from = 0, now end
put_plan(name)
write_plan()
return plan.state
