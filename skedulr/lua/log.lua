-- Appends log lines of running tasks, the newest 1,000 of each; a claim that has ended writes nothing. Lines of a
-- claim are counted, so those that are sent again are known.
-- flags:
-- KEYS[1] tasks
-- ARGV[1] lines   msgpack list {id, epoch, before, packed line, packed line, ...}, at most 1,000 lines each; `before`
--         says how many lines of the claim come before these
-- Returns the ids whose claim has ended.
-- include: records
local KEPT = 1000

local list, ids, lost, written = cmsgpack.unpack(lines), {}, {}, {}
for i, entry in ipairs(list) do ids[i] = entry[1] end
load(ids)
for _, entry in ipairs(list) do
  local id, epoch, before = unpack(entry, 1, 3)
  local record = records[id]
  if not (record and record[STATE] == RUNNING and record[EPOCH] == epoch) then
    lost[#lost + 1] = id
  else
    local last = before + #entry - 3
    local first = math.max(before, record[LOGGED] - 1) + 1
    if first <= last then
      record[LOGGED] = 1 + last
      changed[id] = true
      touch(log_of(id))
      written[#written + 1] = { log_of(id), unpack(entry, 3 + first - before) }
    end
  end
end
write_changes()
for _, appended in ipairs(written) do
  redis.call('RPUSH', unpack(appended))
  redis.call('LTRIM', appended[1], -KEPT, -1)
end
return lost
