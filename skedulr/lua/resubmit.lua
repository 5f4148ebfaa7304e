-- Gives an ended task a new life: a new generation that keeps its history, and takes its dedupe key again.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] results
-- KEYS[5] progress
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
-- ARGV[1] id
-- ARGV[2] epoch   that the caller saw, 0 for whatever it is now
-- ARGV[3] again   token of this resubmission
-- ARGV[4] any_state   1 when a task that succeeded may run again too
-- Returns {outcome, state, epoch, holder}: 'resubmitted', 'refused' (not in a state to resubmit), 'changed' (another
-- epoch), 'duplicate_key' (holder is the live task), 'newer', 'missing'.
-- include: wake
local record = load_one(id)
if not record or is_unreadable(record) then return { 'missing', 0, 0, '' } end
if is_newer(record) then return { 'newer', 0, 0, '' } end

local function outcome_of()
  if record[AGAIN] == again then return 'resubmitted' end
  if tonumber(epoch) ~= 0 and tonumber(epoch) ~= record[EPOCH] then return 'changed' end
  if not is_terminal(record) or (record[STATE] == SUCCEEDED and any_state ~= '1') then return 'refused' end
  if record[REASON] == 'unreadable' then return 'refused' end
  return nil
end

local outcome = outcome_of()
if outcome then return { outcome, record[STATE], record[EPOCH], '' } end
local holder = record[KEY] ~= '' and redis.call('HGET', keys, record[KEY])
if holder and holds_key(holder) then return { 'duplicate_key', record[STATE], record[EPOCH], holder } end

queue(id, record)
record[AGAIN] = again
record[EPOCH] = math.max(record[EPOCH] + 1, now)
for _, field in ipairs({ ATTEMPT, CRASHES, LOSSES, STARTED_AT, FINISHED_AT, EXPIRES_AT }) do record[field] = 0 end
record[OWNER], record[REASON] = '', ''
if record[KEY] ~= '' then hash(keys, record[KEY], id) end
hash(results, id, false)
hash(progress, id, false)
count('resubmitted', 1)
flush()
wake()
return { 'resubmitted', record[STATE], record[EPOCH], '' }
