-- include: release
-- include: attempts
-- A claim is lost when its lease is over, or when a process died that ran others as well: nobody knows whether its
-- task had a part in that. The second loss in a row makes it a suspect, which runs alone. Who then takes its whole
-- worker or host down time after time can never be charged with a crash, and ends by the number of its losses.
local LOSSES_BEFORE_SUSPICION = 2
local LOSSES_BEFORE_DEATH = 7

-- Answers whether the task is dead of it.
local function charge_loss(id, record)
  local was_alone = record[SUSPECT] == 1
  record[LOSSES] = record[LOSSES] + 1
  if record[LOSSES] >= LOSSES_BEFORE_SUSPICION then record[SUSPECT] = 1 end
  if not was_alone or record[LOSSES] < LOSSES_BEFORE_DEATH then return false end
  local text = 'the worker or host was lost each time that this task ran alone on it: '
  local problem = cmsgpack.pack({ text .. record[LOSSES] .. ' losses in a row', '' })
  keep_attempt(id, record, record[ATTEMPT] + 1, 'loss', problem)
  finish(id, record, DEAD, 'poison')
  return true
end

-- The task goes back, but its acknowledgement still counts until somebody else claims it. Answers whether the claim
-- held.
local function lose_claim(id, epoch, instance)
  local record = records[id]
  if not is_claim(record, epoch, instance) then return false end
  if record[CANCEL] == 1 or not charge_loss(id, record) then back_or_cancelled(id, record) end
  count('recovered', 1)
  return true
end
