-- Ends the acknowledged tasks of an instance and claims others for it.
-- KEYS: 1 ready  2 meta  3 records  4 payloads  5 stats  6 wake
--       7 own  8 running  9 done  10 instances  11 leases  12 due
-- ARGV: 1 instance  2 exchange number  3 free slots  4 lease ms  5 retention ms, then per ack: id, epoch
-- Returns: when the next delayed task is due or false, and the claimed tasks as the layout answers them.
local instance, number, free = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local acks = (#ARGV - 5) / 2
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expires = now + ARGV[5]
local last = redis.call('HGET', KEYS[10], instance)
if last and tonumber(last) >= number then return redis.error_reply('STALE') end
local meta = redis.call('HMGET', KEYS[2], 'paused', 'limit', 'format')
if meta[1] then free = 0 end
if meta[2] then free = math.min(free, meta[2] - redis.call('ZCARD', KEYS[8])) end
redis.call('ZRANGE', KEYS[12], '-inf', now, 'BYSCORE', 'LIMIT', 0, 100)
redis.call('ZRANGE', KEYS[9], '-inf', now, 'BYSCORE', 'LIMIT', 0, 10)
local next_due = redis.call('ZRANGE', KEYS[12], 0, 0, 'WITHSCORES')

local ended = {}
for i = 1, acks do ended[i] = ARGV[4 + i * 2] end
local finished = {}
if acks > 0 then
  finished = layout.load(ended)
  for i = 1, acks do
    local record, epoch = finished[i], tonumber(ARGV[5 + i * 2])
    if not record or record[EPOCH] ~= epoch or record[ENDED] == epoch or record[STATE] ~= RUNNING then
      return redis.error_reply('LOST ' .. ended[i])
    end
  end
end
local claimed, begun = {}, {}
if free > 0 then claimed = redis.call('ZRANGE', KEYS[1], 0, free - 1) end
if #claimed > 0 then begun = layout.load(claimed) end

redis.call('HSET', KEYS[10], instance, number)
redis.call('ZADD', KEYS[11], now + ARGV[4], instance)
if acks > 0 then
  local done, freed = {}, {}
  for i = 1, acks do
    local record = finished[i]
    record[STATE] = SUCCEEDED
    record[ENDED] = record[EPOCH]
    record[FINISHED] = now
    record[EXPIRES] = expires
    if record[KEY] ~= '' then freed[#freed + 1] = record[KEY] end
    done[i * 2 - 1] = expires
    done[i * 2] = ended[i]
  end
  layout.finish(ended, finished)
  redis.call('HDEL', KEYS[7], unpack(ended))
  redis.call('ZREM', KEYS[8], unpack(ended))
  redis.call('ZADD', KEYS[9], unpack(done))
  redis.call('HINCRBY', KEYS[2], 'tasks', -acks)
  redis.call('HINCRBY', KEYS[5], 'succeeded', acks)
end
local answer = {}
if #claimed > 0 then
  local own, running = {}, {}
  for i = 1, #claimed do
    local record = begun[i]
    local epoch = math.max(record[EPOCH] + 1, now)
    record[STATE] = RUNNING
    record[EPOCH] = epoch
    record[OWNER] = instance
    record[ATTEMPT] = record[ATTEMPT] + 1
    record[STARTED] = now
    own[i * 2 - 1] = claimed[i]
    own[i * 2] = string.format('%.0f:%d', epoch, number)
    running[i * 2 - 1] = now
    running[i * 2] = claimed[i]
  end
  answer = layout.claim(claimed, begun)
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #claimed - 1)
  redis.call('HSET', KEYS[7], unpack(own))
  redis.call('ZADD', KEYS[8], unpack(running))
  redis.call('HINCRBY', KEYS[5], 'claimed', #claimed)
end
if redis.call('ZCARD', KEYS[1]) > 0 then
  redis.call('ZADD', KEYS[6], 0, '1')
else
  redis.call('DEL', KEYS[6])
end
return { next_due[2] or false, answer }
