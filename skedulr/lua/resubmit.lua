-- Gives an ended task a new life: a new generation that keeps its history, and takes its dedupe key again.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] results
-- KEYS[6] progress
-- KEYS[7] keys
-- KEYS[8] running
-- KEYS[9] gates
-- KEYS[10] limits
-- KEYS[11] lease
-- KEYS[12] classes
-- KEYS[13] done_succeeded
-- KEYS[14] done_failed
-- KEYS[15] done_dead
-- KEYS[16] done_cancelled
-- KEYS[17] expiring
-- KEYS[18] stats
-- KEYS[19] meta
-- KEYS[20] events
-- ARGV[1] id
-- ARGV[2] epoch   that the caller saw, 0 for whatever it is now
-- ARGV[3] again   token of this resubmission
-- ARGV[4] any_state   1 when a task that succeeded may run again too
-- ARGV[5] beyond   1 when it may pass over the capacity, as a part of what was taken as a whole
-- Returns {outcome, state, epoch, holder}: 'resubmitted', 'refused' (not in a state to resubmit), 'changed' (another
-- epoch), 'duplicate_key' (holder is the live task), 'full' (holder is the capacity), 'newer', 'missing'.
-- include: wake
-- include: generation
-- include: room
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
if beyond ~= '1' and room_left() <= 0 then return { 'full', record[STATE], record[EPOCH], tostring(capacity) } end

queue(id, record)
begin_generation(id, record, again)
if record[LINKED] > 0 then emit(events, 'revived', id, record[EPOCH]) end
flush()
wake()
return { 'resubmitted', record[STATE], record[EPOCH], '' }
