-- Enters how nodes of workflows stand. A newer epoch wins, and within one epoch an end.
-- flags: allow-oom
-- KEYS[1] meta
-- KEYS[2] flows_ended
-- ARGV[1] standings   msgpack list of {workflow, node pool/id, epoch, how it stands: 0 open, a terminal state, 9 skipped,
--   submit token of the task}
-- Returns how many were news.
-- include: flows
-- include: pool
local told = cmsgpack.unpack(standings)
local known, stood, news = {}, {}, 0

local function standing_of(id, node)
  local name = id .. '/' .. node
  if stood[name] == nil then
    stood[name] = standing_in(redis.call('HGET', nodes_at(id), node)) or false
  end
  return stood[name]
end

local function is_news(before, epoch, standing)
  return epoch > before.epoch or (epoch == before.epoch and before.standing == OPEN and standing ~= OPEN)
end

for _, one in ipairs(told) do
  local id, node, epoch, standing = one[1], one[2], one[3], one[4]
  if known[id] == nil then
    touch_all(keys_of_flow(id))
    known[id] = flow_of(id) or false
  end
  local before = known[id] and standing_of(id, node)
  if before and before.token == one[5] and counter_of[standing] and is_news(before, epoch, standing) then
    move_count(known[id], before.standing, standing)
    before.epoch, before.standing = epoch, standing
    hash(nodes_at(id), node, standing_text(epoch, standing, before.token))
    known[id].is_news = true
    news = news + 1
  end
end
for id, flow in pairs(known) do
  if flow and flow.is_news then write_flow(id, flow) end
end
write_plan()
return news
