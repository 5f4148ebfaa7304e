-- An instance hands claims back that it did not run to an end: each task returns to its place, uncharged.
-- flags: allow-oom
-- KEYS[1] ready
-- KEYS[2] due
-- KEYS[3] tasks
-- KEYS[4] waiters
-- KEYS[5] keys
-- KEYS[6] running
-- KEYS[7] gates
-- KEYS[8] limits
-- KEYS[9] lease
-- KEYS[10] classes
-- KEYS[11] done_succeeded
-- KEYS[12] done_failed
-- KEYS[13] done_dead
-- KEYS[14] done_cancelled
-- KEYS[15] expiring
-- KEYS[16] stats
-- KEYS[17] meta
-- KEYS[18] own  of the instance
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
