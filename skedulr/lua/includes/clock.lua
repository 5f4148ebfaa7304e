-- The server's time in whole ms, read once: no rule trusts the clock of a client.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = clock[1] .. string.format('%03d', clock[2] / 1000) -- Redis takes text faster than a number
