-- Answers how a task stands; while it is not over, the client is told through its inbox once it is.
-- flags: allow-oom
-- KEYS[1] tasks
-- KEYS[2] waiters
-- KEYS[3] results
-- KEYS[4] attempts
-- ARGV[1] id
-- ARGV[2] client   name of the client's inbox
-- Returns {'missing'}, {'waiting'}, {'crowded'} (too many wait: ask again later), {'newer'} (it has ended in a state
-- that this code does not know), or {'ended', state, reason, result, attempts, epoch}: result and attempts are packed,
-- empty for none.
-- include: records
local MOST = 32

local record = load_one(id)
if not record then return { 'missing' } end
-- The fields of a newer record stand where ours do, so that its end, and who waits for it, can be told here too.
if is_terminal(record) then
  if record[STATE] > STATE_COUNT then return { 'newer' } end
  return {
    'ended', record[STATE], record[REASON], redis.call('HGET', results, id) or '',
    redis.call('HGET', attempts, id) or '', record[EPOCH],
  }
end

local packed = redis.call('HGET', waiters, id)
local clients = packed and cmsgpack.unpack(packed) or {}
for _, known in ipairs(clients) do
  if known == client then return { 'waiting' } end
end
if #clients >= MOST then return { 'crowded' } end
clients[#clients + 1] = client
hash(waiters, id, cmsgpack.pack(clients))
if not is_unreadable(record) then -- whoever buries that one tells all who wait for it
  record[WAITED] = 1
  changed[id] = true
end
write_changes()
return { 'waiting' }
