-- The payloads are in a shared hash, so that the task's own hash stays small enough to be compact.
-- luacheck: ignore 241
local payload = {}

function payload.beside() return {} end

function payload.store(ids, payloads)
  local fields = {}
  for i = 1, #ids do
    fields[i * 2 - 1] = ids[i]
    fields[i * 2] = payloads[i]
  end
  redis.call('HSET', KEYS[4], unpack(fields))
end

function payload.fetch(ids) return redis.call('HMGET', KEYS[4], unpack(ids)) end
