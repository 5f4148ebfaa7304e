-- The time that a test has set, in ms.
local now = tonumber(redis.call('GET', prefix .. 'clock'))
local now_text = string.format('%.0f', now)
