-- Gives up an addition to a workflow: whoever submits it is told so from now on, and those of its nodes that were never
-- submitted count as cancelled.
-- flags: allow-oom
-- KEYS[1] meta
-- KEYS[2] flows_ended
-- KEYS[3] opening
-- ARGV[1] id
-- ARGV[2] addition   token of the nodes
-- ARGV[3] overdue   1 to do so only where its producer has not been heard of for too long
-- ARGV[4] nodes   msgpack list of pool/id that were not submitted, at most 1,000
-- Returns 'given_up', 'renewed' (it is not overdue), 'missing' (it is sealed, or given up to the end).
-- include: additions
-- include: pool
local heard = heard_until(id, addition)
if not heard then return 'missing' end
if overdue == '1' and heard > now then return 'renewed' end

local unsent = cmsgpack.unpack(nodes)
touch_all(keys_of_flow(id))
local flow, there = flow_of(id), {}
if flow and #unsent > 0 then there = redis.call('HMGET', nodes_at(id), unpack(unsent)) end

zset(opening, addition_of(id, addition), GIVEN_UP)
for i, node in ipairs(unsent) do
  local before = standing_in(there[i])
  if before and before.epoch == 0 and before.token == addition then
    move_count(flow, before.standing, CANCELLED)
    hash(nodes_at(id), node, standing_text(NEVER, CANCELLED, addition))
    flow.is_news = true
  end
end
if flow and flow.is_news then write_flow(id, flow) end
write_plan()
return 'given_up'
