-- Lets an ended task wait anew for parents that are run again: a new generation that keeps its history.
-- flags:
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] results
-- KEYS[6] progress
-- KEYS[7] keys
-- KEYS[8] running
-- KEYS[9] limits
-- KEYS[10] lease
-- KEYS[11] done_succeeded
-- KEYS[12] done_failed
-- KEYS[13] done_dead
-- KEYS[14] done_cancelled
-- KEYS[15] expiring
-- KEYS[16] stats
-- KEYS[17] meta
-- KEYS[18] events
-- ARGV[1] id
-- ARGV[2] epoch   that the caller saw
-- ARGV[3] again   token of this wish
-- ARGV[4] anew   msgpack list of {parent pool/id, epoch}: only a newer end of that parent counts
-- Returns {outcome, state, epoch, holder}: 'rewound', 'refused' (it has not ended, or hangs on another parent that
-- did not end as wanted), 'changed' (another epoch), 'duplicate_key' (holder is the live task), 'newer', 'missing'.
-- include: pool
-- include: edges
-- include: generation
local record = load_one(id)
if not record or is_unreadable(record) then return { 'missing', 0, 0, '' } end
if is_newer(record) then return { 'newer', 0, 0, '' } end
if record[AGAIN] == again then return { 'rewound', record[STATE], record[EPOCH], '' } end
if tonumber(epoch) ~= record[EPOCH] then return { 'changed', record[STATE], record[EPOCH], '' } end

-- The edges as they will stand, and how many of them are pending then; nil where one can not be met any more.
local function edges_anew()
  local since, found, awaits = {}, {}, 0
  for _, parent in ipairs(cmsgpack.unpack(anew)) do since[parent[1]] = parent[2] end
  local all = redis.call('HGETALL', parents_of(id))
  for i = 1, #all, 2 do
    local parent = all[i]
    local edge = parent ~= DUE and cmsgpack.unpack(all[i + 1])
    if edge and since[parent] then
      edge[EDGE_STANDING], edge[EDGE_SINCE] = PENDING, math.max(edge[EDGE_SINCE], since[parent])
      found[parent] = edge
    end
    if edge and edge[EDGE_STANDING] == UNMET then return nil end
    if edge and edge[EDGE_STANDING] == PENDING then awaits = awaits + 1 end
  end
  return found, awaits
end

local reset, awaits = edges_anew()
if not is_terminal(record) or not reset or awaits == 0 then
  return { 'refused', record[STATE], record[EPOCH], '' }
end
local holder = record[KEY] ~= '' and redis.call('HGET', keys, record[KEY])
if holder and holds_key(holder) then return { 'duplicate_key', record[STATE], record[EPOCH], holder } end

touch_all({ parents_of(id), inputs_of(id), minute })
for parent, edge in pairs(reset) do
  hash(parents_of(id), parent, cmsgpack.pack(edge))
  hash(inputs_of(id), parent, false)
end
take(id, record, WAITING)
zset(waiting, id, now_text)
record[AWAITS] = awaits
begin_generation(id, record, again)
emit(events, 'waiting', id, record[EPOCH])
flush()
return { 'rewound', record[STATE], record[EPOCH], '' }
