-- Removes events whose consequences have all been drawn; the ended tasks among them may be forgotten now.
-- flags: allow-oom
-- KEYS[1] tasks
-- KEYS[2] meta
-- KEYS[3] events
-- ARGV[1] entries   msgpack list of the events' ids in the stream
-- ARGV[2] ended   msgpack list of {id, epoch} of the ends among them
-- Returns how many were there.
-- include: records
-- include: pool
local told, ids = cmsgpack.unpack(ended), {}
for i, ending in ipairs(told) do ids[i] = ending[1] end
load(ids)
for _, ending in ipairs(told) do
  local record = records[ending[1]]
  if record and record[LINKED] == UNREAD and record[EPOCH] == ending[2] then
    record[LINKED] = LISTENED
    changed[ending[1]] = true
  end
end
write_changes()
local list = cmsgpack.unpack(entries)
return #list > 0 and redis.call('XDEL', events, unpack(list)) or 0
