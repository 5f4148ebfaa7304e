-- Enters children with their parents, who are not all there yet: their ends will be told. Who has ended says so now.
-- flags: allow-oom
-- KEYS[1] tasks
-- KEYS[2] results
-- KEYS[3] meta
-- KEYS[4] orphans
-- ARGV[1] bonds   msgpack list of {parent id, child pool/id, its submit token, condition, 1 when it takes the result}
-- Returns a flat list of the parents that have ended: index (from 1), state, epoch, packed result or ''.
-- include: records
-- include: pool
local WAIT_FOR_PARENTS = 604800000 -- 7 days

local wanted, ids = cmsgpack.unpack(bonds), {}
for i, bond in ipairs(wanted) do ids[i] = bond[1] end
load(ids)

local answers = {}
local function answer(index, id, record, takes)
  local result = takes == 1 and record[STATE] == SUCCEEDED and redis.call('HGET', results, id) or ''
  for _, value in ipairs({ index, record[STATE], record[EPOCH], result }) do answers[#answers + 1] = value end
end

for i, bond in ipairs(wanted) do
  local id, record = bond[1], records[bond[1]]
  touch(children_of(id))
  hash(children_of(id), bond[2], cmsgpack.pack({ bond[3], bond[4], bond[5] }))
  if not record then
    zset(orphans, id, now + WAIT_FOR_PARENTS)
  elseif not is_unreadable(record) then
    if record[LINKED] == 0 then
      record[LINKED] = LISTENED
      changed[id] = true
    end
    if not is_newer(record) and is_terminal(record) then answer(i, id, record, bond[5]) end
  end
end
write_changes()
return answers
