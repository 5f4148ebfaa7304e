-- The time that a test has set, in ms.
local now = tonumber(redis.call('GET', prefix .. 'clock'))
