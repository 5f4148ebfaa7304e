-- include: flows
-- Nodes that are submitted together are an addition. While that goes on, `opening` says until when its producer has to
-- be heard of again, or that it is being given up.
local HEARD_WITHIN, GIVEN_UP = 30000, 0
local NEVER = 1 -- the epoch of a node that was given up before it was submitted: any true one is newer

local function addition_of(id, token) return id .. '/' .. token end
local function heard_until(id, token) return tonumber(redis.call('ZSCORE', opening, addition_of(id, token)) or nil) end
