-- include: endings
local DUE_AT_ONCE = 100

-- Due tasks enter the queue in the order of their time. Answers whether more are due.
local function promote()
  local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, DUE_AT_ONCE)
  load(ids)
  for _, id in ipairs(ids) do
    local record = records[id]
    if not record then
      zset(due, id, false)
    elseif is_unreadable(record) then
      bury(id, record, SCHEDULED)
    elseif record[STATE] == SCHEDULED then
      queue(id, record)
    else
      zset(due, id, false)
    end
  end
  return #ids == DUE_AT_ONCE
end
