-- An instance hands claims back that it did not run to an end: each task returns to its place, uncharged.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] waiting
-- KEYS[4] tasks
-- KEYS[5] waiters
-- KEYS[6] keys
-- KEYS[7] running
-- KEYS[8] gates
-- KEYS[9] limits
-- KEYS[10] lease
-- KEYS[11] classes
-- KEYS[12] done_succeeded
-- KEYS[13] done_failed
-- KEYS[14] done_dead
-- KEYS[15] done_cancelled
-- KEYS[16] expiring
-- KEYS[17] stats
-- KEYS[18] meta
-- KEYS[19] events
-- KEYS[20] own  of the instance
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
