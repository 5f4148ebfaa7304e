-- include: names
-- When the earliest delayed task is due, in ms; 0 for none.
local function next_due()
  return tonumber(redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2] or 0)
end
