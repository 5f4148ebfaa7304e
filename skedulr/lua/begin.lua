-- Opens a workflow, or adds nodes to one. Its nodes are submitted next; until `seal` says that they all are, the
-- workflow counts as being submitted, and a sweep gives it up when that takes too long.
-- flags:
-- KEYS[1] meta
-- KEYS[2] flows
-- KEYS[3] flows_ended
-- KEYS[4] opening
-- ARGV[1] id
-- ARGV[2] token   of this workflow; empty to add nodes to whatever has the id
-- ARGV[3] name
-- ARGV[4] nodes   msgpack list of {pool/id, packed job and parents}, at most 1,000
-- ARGV[5] submitted   1 where these nodes have been submitted before, so that nothing is left to seal
-- Returns {outcome, added}: 'open', 'duplicate' (a workflow with this id has not ended), 'missing'.
-- include: flows
-- include: pool
local added_nodes, names_of_nodes = cmsgpack.unpack(nodes), {}
local known = flow_of(id)

if not known and token == '' then return { 'missing', 0 } end
local is_other = known and token ~= '' and known.token ~= token
if is_other and known.counts.open > 0 then return { 'duplicate', 0 } end

touch_all(keys_of_flow(id))
if is_other then
  for _, key in ipairs(keys_of_flow(id)) do delete(key) end
  known = nil
end
local is_new = not known
if is_new then
  known = new_flow(token)
  hash(flow_at(id), 'token', token)
  hash(flow_at(id), 'name', name)
  hash(flow_at(id), 'created', now_text)
  zset(flows, id, now_text)
end

for i, node in ipairs(added_nodes) do names_of_nodes[i] = node[1] end
local there = {}
if not is_new and #names_of_nodes > 0 then there = redis.call('HMGET', nodes_at(id), unpack(names_of_nodes)) end
local added = 0
for i, node in ipairs(added_nodes) do
  if not there[i] then
    hash(nodes_at(id), node[1], standing_text(0, OPEN))
    hash(graph_at(id), node[1], node[2])
    added = added + 1
  end
end
known.counts.open = known.counts.open + added
if added > 0 or is_new then
  write_flow(id, known)
  if submitted ~= '1' then zset(opening, id, now + SUBMITTED_WITHIN) end
end
write_plan()
return { 'open', added }
