-- Runs what a schedule runs, now and beside its slots; its pause and its overlap policy do not hold.
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
  keep_plan(name)
  write_all()
end
return { outcome, detail }
