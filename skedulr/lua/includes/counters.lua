-- include: names
-- include: clock
-- What happened is counted once per script, in total and for the minute.
local STATS_SECONDS = 90000
local minute = prefix .. 'stats:' .. string.format('%d', now / 60000)
local counted = {}

local function count(counter, by) counted[counter] = (counted[counter] or 0) + by end

local function write_counters()
  for counter, by in pairs(counted) do
    local amount = by == 1 and '1' or by -- Redis takes text faster than a number
    local is_first = redis.call('HINCRBY', minute, counter, amount) == by
    if is_first then redis.call('EXPIRE', minute, STATS_SECONDS) end
    redis.call('HINCRBY', stats, counter, amount)
  end
  counted = {}
end
