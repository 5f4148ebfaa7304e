-- Cancels a task: at once where it waits, by request where it runs.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] waiters
-- KEYS[6] keys
-- KEYS[7] running
-- KEYS[8] gates
-- KEYS[9] limits
-- KEYS[10] lease
-- KEYS[11] classes
-- KEYS[12] done_succeeded
-- KEYS[13] done_failed
-- KEYS[14] done_dead
-- KEYS[15] done_cancelled
-- KEYS[16] expiring
-- KEYS[17] stats
-- KEYS[18] meta
-- KEYS[19] events
-- ARGV[1] id
-- ARGV[2] epoch   that the caller saw, 0 for whatever it is now
-- Returns {outcome, state, epoch}: 'cancelled', 'requested' (it runs; its worker is told), 'ended' (it is over),
-- 'changed' (another epoch), 'newer' (a format that this code does not read), 'missing'.
-- include: wake
local record = load_one(id)
if not record then return { 'missing', 0, 0 } end
if is_newer(record) then return { 'newer', 0, 0 } end
if is_unreadable(record) then return { 'missing', 0, 0 } end
local outcome
if tonumber(epoch) ~= 0 and tonumber(epoch) ~= record[EPOCH] then
  outcome = 'changed'
elseif record[STATE] == CANCELLED then
  outcome = 'cancelled'
elseif is_terminal(record) then
  outcome = 'ended'
elseif record[STATE] == RUNNING then
  outcome = 'requested'
  record[CANCEL] = 1
  changed[id] = true
  local owned = redis.call('HGET', own_of(record[OWNER]), id)
  if owned and not string.find(owned, 'c', 1, true) then hash(own_of(record[OWNER]), id, owned .. ' c') end
else
  outcome = 'cancelled'
  finish(id, record, CANCELLED, 'user')
end
flush()
wake()
return { outcome, record[STATE], record[EPOCH] }
