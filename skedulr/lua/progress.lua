-- Keeps the newest progress of running tasks; a claim that has ended writes nothing.
-- flags: allow-oom
-- KEYS[1] tasks
-- KEYS[2] progress
-- ARGV[1] reports   msgpack list {id, epoch, packed progress}
-- Returns the ids whose claim has ended.
-- include: records
local list, ids, lost = cmsgpack.unpack(reports), {}, {}
for i, report in ipairs(list) do ids[i] = report[1] end
load(ids)
for _, report in ipairs(list) do
  local id, epoch, packed = unpack(report, 1, 3)
  local record = records[id]
  if record and record[STATE] == RUNNING and record[EPOCH] == epoch then
    hash(progress, id, packed)
  else
    lost[#lost + 1] = id
  end
end
write_plan()
return lost
