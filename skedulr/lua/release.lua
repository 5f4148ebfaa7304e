-- An instance hands claims back that it did not run to an end: each task returns to its place, uncharged.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] payloads
-- KEYS[5] results
-- KEYS[6] attempts
-- KEYS[7] progress
-- KEYS[8] waiters
-- KEYS[9] keys
-- KEYS[10] running
-- KEYS[11] gates
-- KEYS[12] limits
-- KEYS[13] lease
-- KEYS[14] classes
-- KEYS[15] done_succeeded
-- KEYS[16] done_failed
-- KEYS[17] done_dead
-- KEYS[18] done_cancelled
-- KEYS[19] expiring
-- KEYS[20] stats
-- KEYS[21] meta
-- KEYS[22] own  of the instance
-- ARGV[1] instance
-- ARGV[2] claims   msgpack list id, epoch, id, epoch, ...
-- Returns how many went back.
-- include: wake
-- include: release
local list = cmsgpack.unpack(claims)
local ids, back = {}, 0
for i = 1, #list, 2 do ids[#ids + 1] = list[i] end
load(ids)
for i = 1, #list, 2 do
  if give_back(list[i], list[i + 1], instance) then back = back + 1 end
end
flush()
wake()
return back
