-- Ended tasks stand in one list for each state: answers its key and the name of its counter.
local function done_in(state)
  if state == SUCCEEDED then return done_succeeded, 'succeeded' end
  if state == FAILED then return done_failed, 'failed' end
  if state == DEAD then return done_dead, 'dead' end
  return done_cancelled, 'cancelled'
end
