-- Looks at one page of the running tasks and of what instances own, and puts right what does not fit together.
-- Scripts leave nothing to repair; a failover or a script killed by hand might.
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
-- KEYS[10] inst
-- KEYS[11] lease
-- KEYS[12] classes
-- KEYS[13] done_succeeded
-- KEYS[14] done_failed
-- KEYS[15] done_dead
-- KEYS[16] done_cancelled
-- KEYS[17] expiring
-- KEYS[18] stats
-- KEYS[19] meta
-- KEYS[20] events
-- ARGV[1] cursor   of the page, '0' to begin
-- Returns {cursor, repaired}: cursor '0' when the last page is done.
-- include: wake
-- include: instances
-- include: release
local PAGE = 500

local first = tonumber(cursor)
local ids = redis.call('ZRANGE', running, first, first + PAGE - 1)
load(ids)
local repaired = 0

local leased = {}
for _, name in ipairs(redis.call('ZRANGE', lease, 0, -1)) do leased[name] = true end

-- Who owns something has a lease: one that lives renews it, that of another runs out, and its tasks are recovered.
local function mend_lease(name)
  if leased[name] then return 0 end
  leased[name] = true
  local packed = redis.call('HGET', inst, name)
  zset(lease, name, now + (packed and cmsgpack.unpack(packed)[LEASE_MS] or 0))
  return 1
end

-- A task that runs is owned by its owner, at its epoch, and counted where its job is limited.
local function mend_running(id, record)
  if not record or record[STATE] ~= RUNNING then
    zset(running, id, false)
    return 1
  end
  local owned = redis.call('HGET', own_of(record[OWNER]), id)
  if not owned or tonumber(string.match(owned, '^%d+')) ~= record[EPOCH] then
    back_or_cancelled(id, record)
    return 1
  end
  local limited = all_limits()[record[JOB]] and limited_of(record[JOB])
  if limited and not redis.call('ZSCORE', limited, id) then
    zset(limited, id, record[STARTED_AT])
    return 1 + mend_lease(record[OWNER])
  end
  return mend_lease(record[OWNER])
end

-- What an instance owns is running, at that epoch, and its own.
local function mend_claims(name)
  local owned, mended = redis.call('HGETALL', own_of(name)), 0
  local claimed = {}
  for i = 1, #owned, 2 do claimed[#claimed + 1] = owned[i] end
  load(claimed)
  for i, id in ipairs(claimed) do
    local record = records[id]
    local epoch = tonumber(string.match(owned[2 * i], '^%d+'))
    if not (record and record[STATE] == RUNNING and record[OWNER] == name and record[EPOCH] == epoch) then
      disown(name, id)
      mended = mended + 1
    end
  end
  return mended
end

-- The instances whose claims begin within this page, all claims being counted in the order of their owners' names; and
-- how many claims there are.
local function owners_in_page()
  local names, found, counted = {}, {}, 0
  for name in pairs(leased) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if counted >= first and counted < first + PAGE then found[#found + 1] = name end
    counted = counted + redis.call('HLEN', own_of(name))
  end
  return found, counted
end

for _, id in ipairs(ids) do
  local record = records[id]
  if record and is_unreadable(record) then
    bury(id, record, RUNNING)
    repaired = repaired + 1
  elseif not record or not is_newer(record) then
    repaired = repaired + mend_running(id, record)
  end
end
local owners, claims = owners_in_page()
for _, name in ipairs(owners) do repaired = repaired + mend_claims(name) end
flush()
wake()
local is_last = #ids < PAGE and claims <= first + PAGE
return { is_last and '0' or string.format('%.0f', first + PAGE), repaired }
