-- Appends log lines of running tasks, the newest 1,000 of each; a claim that has ended writes nothing.
-- flags:
-- KEYS[1] tasks
-- ARGV[1] lines   msgpack list {id, epoch, packed line, packed line, ...}, at most 1,000 lines each
-- Returns the ids whose claim has ended.
-- include: records
local KEPT = 1000

local list, ids, lost, written = cmsgpack.unpack(lines), {}, {}, {}
for i, entry in ipairs(list) do ids[i] = entry[1] end
load(ids)
for _, entry in ipairs(list) do
  local id, epoch = entry[1], entry[2]
  local record = records[id]
  if not (record and record[STATE] == RUNNING and record[EPOCH] == epoch) then
    lost[#lost + 1] = id
  elseif #entry > 2 then
    if record[LOGGED] == 0 then
      record[LOGGED] = 1
      changed[id] = true
    end
    touch(log_of(id))
    written[#written + 1] = entry
  end
end
write_changes()
for _, entry in ipairs(written) do
  local key = log_of(entry[1])
  redis.call('RPUSH', key, unpack(entry, 3))
  redis.call('LTRIM', key, -KEPT, -1)
end
return lost
