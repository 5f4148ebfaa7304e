-- include: places
-- A claim begins: the task belongs to an instance, from this epoch on.
local function start(id, record, instance, number)
  take(id, record, RUNNING)
  raise_epoch(record)
  local waited = now - math.max(record[READY_AT], record[ENQUEUED_AT])
  if waited > 0 then count('waited_ms', waited) end
  record[OWNER] = instance
  record[STARTED_AT] = now
  if record[LOGGED] > 1 then record[LOGGED] = 1 end
  zset(running, id, now_text)
  grow(running, 1)
  if all_limits()[record[JOB]] then
    zset(limited_of(record[JOB]), id, now_text)
    grow(limited_of(record[JOB]), 1)
  end
  local epoch_text = record[EPOCH] == now and now_text or string.format('%.0f', record[EPOCH])
  hash(own_of(instance), id, epoch_text .. ' ' .. number)
end
