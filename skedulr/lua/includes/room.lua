-- include: pool
-- include: history_keys
-- How many more unfinished tasks the pool takes: asked before the first write.
local capacity = tonumber(settings[4] or -1)
local function room_left()
  if capacity < 0 then return math.huge end
  local left = capacity - redis.call('HLEN', tasks)
  for state = SUCCEEDED, CANCELLED do left = left + redis.call('ZCARD', (done_in(state))) end
  return left
end
