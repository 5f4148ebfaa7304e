-- include: crashes
-- include: losses
-- An acknowledgement ends one claim: {id, epoch} for a success without a result, else
-- {id, epoch, state, result, problem, delay, reason, kind}. It counts only for the claim that it names.
local function holds_claim(record, epoch)
  local state = record[STATE]
  return record[EPOCH] == epoch and (state == RUNNING or state == QUEUED)
end

local function end_attempt(record, epoch)
  record[ENDED] = epoch
  record[ATTEMPT] = record[ATTEMPT] + 1
  record[SUSPECT], record[LOSSES] = 0, 0
  if now > record[STARTED_AT] then count('ran_ms', now - record[STARTED_AT]) end
end

-- The process of a task has died that it had for itself: it goes back to its place, charged with the crash, or with
-- a loss where nobody knows whose fault it was.
local function end_crashed(id, record, epoch, problem, kind)
  record[ENDED] = epoch
  if record[CANCEL] == 1 then
    finish(id, record, CANCELLED, 'user')
    return
  end
  changed[id] = true
  local is_lost = record[STATE] == QUEUED -- its lease was over
  if kind == 'suspected' then
    if is_lost or charge_loss(id, record) then return end
  else
    if charge_crash(id, record, problem) or is_lost then return end
    record[SUSPECT], record[LOSSES] = 0, 0
  end
  requeue(id, record)
end

-- Answers whether the acknowledgement counted, now or when it came first.
local function acknowledge(ack)
  local id, epoch, state, result, problem = ack[1], ack[2], ack[3] or SUCCEEDED, ack[4], ack[5]
  local record = records[id]
  if not record or is_newer(record) or is_unreadable(record) then return false end
  if record[ENDED] == epoch then return true end
  if not holds_claim(record, epoch) then return false end
  if state == QUEUED then
    end_crashed(id, record, epoch, problem, ack[8])
    return true
  end
  end_attempt(record, epoch)
  if problem and problem ~= '' then
    keep_attempt(id, record, record[ATTEMPT], ack[8], problem)
    count('attempts_failed', 1)
  end
  if state == SUCCEEDED then
    if result and result ~= '' then hash(results, id, result) end
    finish(id, record, SUCCEEDED, ack[7] or '')
  elseif record[CANCEL] == 1 then
    finish(id, record, CANCELLED, 'user')
  elseif state == SCHEDULED then
    count('retried', 1)
    schedule(id, record, now + ack[6])
  else
    if ack[8] == 'exception' then count('panics', 1) end
    finish(id, record, state, ack[7] or '')
  end
  return true
end

-- Apply a list of acknowledgements: answers the ids that did not count.
local function acknowledge_all(acks)
  local ids, lost = {}, {}
  for i, ack in ipairs(acks) do ids[i] = ack[1] end
  load(ids)
  for _, ack in ipairs(acks) do
    if not acknowledge(ack) then lost[#lost + 1] = ack[1] end
  end
  return lost
end
