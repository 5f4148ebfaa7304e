-- include: plan
-- How many tasks run at once, in the pool and of each limited job.
local known_limits
local function all_limits()
  if not known_limits then
    known_limits = {}
    local found = redis.call('HGETALL', limits)
    for i = 1, #found, 2 do known_limits[found[i]] = tonumber(found[i + 1]) end
  end
  return known_limits
end

-- Sizes are counted by ZCARD, and kept true while this script plans.
local sizes, grown = {}, {}
local function size(key)
  if not sizes[key] then sizes[key] = redis.call('ZCARD', key) end
  return sizes[key] + (grown[key] or 0)
end
local function grow(key, by) grown[key] = (grown[key] or 0) + by end
