-- include: endings
local function is_claim(record, epoch, instance)
  return record and not is_newer(record) and not is_unreadable(record) and record[STATE] == RUNNING
    and record[OWNER] == instance and record[EPOCH] == epoch
end

-- An entry in the list of what an instance owns that fits no claim is a leftover.
local function drop_leftover(id, instance)
  local record = records[id]
  if record and is_unreadable(record) then
    bury(id, record, RUNNING, instance)
  else
    disown(instance, id)
  end
end

local function back_or_cancelled(id, record)
  if record[CANCEL] == 1 then
    finish(id, record, CANCELLED, 'user')
  else
    requeue(id, record)
  end
end

-- The claim ends without an attempt; a late acknowledgement of it changes nothing. Answers whether it held.
local function give_back(id, epoch, instance)
  local record = records[id]
  if not is_claim(record, epoch, instance) then return false end
  record[ENDED] = epoch
  back_or_cancelled(id, record)
  count('released', 1)
  return true
end
