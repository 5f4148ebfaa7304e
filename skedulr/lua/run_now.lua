-- Runs what a schedule runs, now and beside its slots; its pause and its overlap policy do not hold.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] keys
-- KEYS[9] running
-- KEYS[10] gates
-- KEYS[11] limits
-- KEYS[12] lease
-- KEYS[13] classes
-- KEYS[14] done_succeeded
-- KEYS[15] done_failed
-- KEYS[16] done_dead
-- KEYS[17] done_cancelled
-- KEYS[18] expiring
-- KEYS[19] stats
-- KEYS[20] meta
-- KEYS[21] schedules
-- KEYS[22] schedule_plans
-- KEYS[23] slots
-- ARGV[1] name   of the schedule
-- ARGV[2] id   a new one for the task
-- Returns {outcome, detail}: 'fired' (the id), 'missing', 'full' (the capacity), 'duplicate' (the id of the live task
-- that holds its key).
-- include: runs
read_schedules({ name })
read_runs({ { name, id, 0 } })
if not run_requests[name] then return { 'missing', '' } end
forget_ended(plans[name])
local outcome, detail = run(name)
if submitted > 0 then
  note_run(name, { what = 'by hand', slot = now, task = id })
  put_plan(name)
  write_all()
end
return { outcome, detail }
