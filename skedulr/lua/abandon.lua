-- Gives up parents that have not come in time; their children have been told before.
-- flags: allow-oom
-- KEYS[1] tasks
-- KEYS[2] meta
-- KEYS[3] orphans
-- ARGV[1] parents   msgpack list of ids, at most 1,000
-- Returns how many were given up.
-- include: records
-- include: pool
local ids, given_up = cmsgpack.unpack(parents), 0
load(ids)
for _, id in ipairs(ids) do
  local until_when = redis.call('ZSCORE', orphans, id)
  if until_when and tonumber(until_when) <= now then
    zset(orphans, id, false)
    if not records[id] then delete(children_of(id)) end
    given_up = given_up + 1
  end
end
write_changes()
return given_up
