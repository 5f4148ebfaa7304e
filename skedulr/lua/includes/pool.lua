-- include: names
-- The pool's settings and its sequence, and whether this code may write here at all.
local settings, paused, limit
local function read_settings()
  settings = redis.call('HMGET', meta, 'format', 'paused', 'limit', 'capacity', 'retention', 'history',
    'pool_paused', 'seq')
  paused = settings[2] == '1' or settings[7] == '1'
  limit = tonumber(settings[3] or -1)
end
read_settings()
if settings[1] and tonumber(settings[1]) > FORMAT then
  return redis.error_reply('UPGRADE the pool holds format ' .. settings[1])
end
