-- Hangs a task that still waits on more parents, and no longer on others. What is there stays as it is.
-- flags:
-- KEYS[1] tasks
-- KEYS[2] meta
-- KEYS[3] events
-- ARGV[1] id
-- ARGV[2] token   of its submission
-- ARGV[3] more   msgpack list of {parent pool/id, condition, since, 1 when its result is an input}, at most 1,000
-- ARGV[4] fewer   msgpack list of parents, pool/id, at most 1,000
-- ARGV[5] whole   1 with the last call: coordinators are told to link what is pending
-- Returns 'hung', 'refused' (it does not wait, or would wait for nothing), 'newer', 'missing'.
-- include: records
-- include: pool
-- include: edges
local record = load_one(id)
if not record or is_unreadable(record) or record[TOKEN] ~= token then return 'missing' end
if is_newer(record) then return 'newer' end

local function edges_to(parents)
  local found = #parents > 0 and redis.call('HMGET', parents_of(id), unpack(parents)) or {}
  for i, packed_edge in ipairs(found) do found[i] = packed_edge and cmsgpack.unpack(packed_edge) end
  return found
end

local added, removed, names_of_added = cmsgpack.unpack(more), cmsgpack.unpack(fewer), {}
for i, parent in ipairs(added) do names_of_added[i] = parent[1] end
touch_all({ parents_of(id), inputs_of(id) })

for i, edge in ipairs(edges_to(removed)) do
  if edge then
    hash(parents_of(id), removed[i], false)
    hash(inputs_of(id), removed[i], false)
    record[PARENTS] = record[PARENTS] - 1
    if edge[EDGE_STANDING] == PENDING then record[AWAITS] = record[AWAITS] - 1 end
    changed[id] = true
  end
end
for i, edge in ipairs(edges_to(names_of_added)) do
  local parent = added[i]
  if not edge then
    hash(parents_of(id), parent[1], cmsgpack.pack({ parent[2], PENDING, parent[3], parent[4] }))
    record[PARENTS], record[AWAITS] = record[PARENTS] + 1, record[AWAITS] + 1
    changed[id] = true
  end
end

if record[STATE] ~= WAITING or record[AWAITS] == 0 then return 'refused' end
if whole == '1' then emit(events, 'waiting', id, record[EPOCH]) end
write_changes()
return 'hung'
