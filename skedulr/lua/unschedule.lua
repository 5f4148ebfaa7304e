-- Removes a schedule; tasks that it has enqueued stay.
-- flags: allow-oom
-- KEYS[1] meta
-- KEYS[2] schedules
-- KEYS[3] schedule_plans
-- KEYS[4] slots
-- ARGV[1] name
-- ARGV[2] revision   that the caller saw, 0: whatever it is
-- ARGV[3] moving   1 when another pool will have it
-- ARGV[4] slot   that goes along to that pool, -1: whatever it is
-- Returns 'removed', 'missing', 'changed' (another revision or slot), 'code' (declared by code that runs).
-- include: schedules
-- include: pool
read_schedules({ name })
local spec, plan = specs[name], plans[name]
local is_there = redis.call('HEXISTS', schedules, name) == 1
if not is_there and not plan then
  redis.call('ZREM', slots, name)
  return 'missing'
end
if plan and tonumber(revision) > 0 and tonumber(revision) ~= plan.revision then return 'changed' end
if plan and tonumber(slot) >= 0 and tonumber(slot) ~= plan.slot then return 'changed' end
if spec and plan and moving ~= '1' and spec.source == 'code' and is_declared(plan) then return 'code' end
drop_schedule(name)
write_plan()
return 'removed'
