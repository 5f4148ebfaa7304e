-- Opens a workflow, or adds nodes to one. They are submitted next: until `seal` says that they all are, or `renew` that it
-- goes on, a sweep gives them up when that takes too long.
-- flags:
-- KEYS[1] meta
-- KEYS[2] flows
-- KEYS[3] flows_ended
-- KEYS[4] opening
-- ARGV[1] id
-- ARGV[2] addition   token of all nodes that are submitted together; empty where they have been submitted before
-- ARGV[3] opens   1 to open a workflow, 0 to add to the one that has the id
-- ARGV[4] name
-- ARGV[5] nodes   msgpack list of {pool/id, its submit token, packed job and parents}, at most 1,000
-- ARGV[6] own   token of the workflow that is meant, its first addition; empty for whichever has the id
-- Returns {outcome, detail}: 'open' with how many nodes are new, 'duplicate' (a workflow with this id has not ended),
-- 'missing', 'replaced' (another one has the id), 'given_up' (this addition was), 'known' with the name of a node that the
-- workflow has already.
-- include: additions
-- include: pool
local wanted, names_of_nodes = cmsgpack.unpack(nodes), {}
for i, node in ipairs(wanted) do names_of_nodes[i] = node[1] end

local known = flow_of(id)
if not known and opens == '0' then return { 'missing', 0 } end
if opens == '0' and own ~= '' and known.token ~= own then return { 'replaced', 0 } end
local is_other = known and opens == '1' and known.token ~= addition
if is_other and known.counts.open > 0 then return { 'duplicate', 0 } end
local is_new = not known or is_other

touch_all(keys_of_flow(id))
local there = {}
if not is_new and #wanted > 0 then there = redis.call('HMGET', nodes_at(id), unpack(names_of_nodes)) end

-- A node that was cancelled, also with a part that was given up, can be added again by another submission.
local function is_cancelled(before, token)
  return addition ~= '' and before.standing == CANCELLED and before.token ~= token
end
local function is_wanted(before, token)
  return not before or before.epoch == NEVER or is_cancelled(before, token)
end
local function stands_against(before, token)
  if not before or is_cancelled(before, token) then return nil end
  if before.epoch == NEVER then return before.token == token and 'given_up' or nil end
  return addition ~= '' and before.token ~= token and 'known' or nil
end

local heard = heard_until(id, addition)
if heard == GIVEN_UP then return { 'given_up', 0 } end
for i, node in ipairs(wanted) do
  there[i] = standing_in(there[i])
  local refusal = stands_against(there[i], node[2])
  if refusal then return { refusal, node[1] } end
end

if is_other then
  for _, key in ipairs(keys_of_flow(id)) do delete(key) end
end
if is_new then
  known = new_flow(addition)
  hash(flow_at(id), 'token', addition)
  hash(flow_at(id), 'name', name)
  hash(flow_at(id), 'created', now_text)
  zset(flows, id, now_text)
end

local added = 0
for i, node in ipairs(wanted) do
  if is_wanted(there[i], node[2]) then
    move_count(known, there[i] and there[i].standing, OPEN)
    hash(nodes_at(id), node[1], standing_text(0, OPEN, node[2]))
    hash(graph_at(id), node[1], node[3])
    added = added + 1
  end
end
if added > 0 or is_new then write_flow(id, known) end
if addition ~= '' and (added > 0 or is_new or heard) then zset(opening, addition_of(id, addition), now + HEARD_WITHIN) end
write_plan()
return { 'open', added }
