-- Submits a batch of tasks of one job.
-- KEYS: 1 ready  2 meta  3 records  4 payloads  5 stats  6 wake
-- ARGV: 1 submit token  2 job, then per task: id, payload, priority
-- Returns: how many tasks were submitted.
local token, job = ARGV[1], ARGV[2]
local count = (#ARGV - 2) / 3
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local meta = redis.call('HMGET', KEYS[2], 'capacity', 'tasks', 'format')
if meta[1] and tonumber(meta[2] or 0) + count > tonumber(meta[1]) then
  return redis.error_reply('FULL')
end
local ids, payloads = {}, {}
for i = 1, count do
  ids[i] = ARGV[i * 3]
  payloads[i] = ARGV[i * 3 + 1]
end
if layout.any_exists(ids) then return redis.error_reply('DUPLICATE') end
local waiting = redis.call('EXISTS', KEYS[6])

local seq = redis.call('HINCRBY', KEYS[2], 'seq', count) - count
local records, ready = {}, {}
for i = 1, count do
  local priority = tonumber(ARGV[i * 3 + 2])
  local score = (1023 - priority) * 8796093022208 + seq + i
  records[i] = {
    1, QUEUED, job, priority, score, now, 0, token, '', 0,
    0, 0, now, 0, 0, 0, '', '', 0, 0,
  }
  ready[i * 2 - 1] = score
  ready[i * 2] = ids[i]
end
layout.create(ids, records, payloads)
redis.call('ZADD', KEYS[1], unpack(ready))
redis.call('HINCRBY', KEYS[2], 'tasks', count)
redis.call('HINCRBY', KEYS[5], 'enqueued', count)
if waiting == 0 then redis.call('ZADD', KEYS[6], 0, '1') end
return count
