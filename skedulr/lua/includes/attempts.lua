-- include: records
-- What went wrong is kept per attempt, packed one after the other; beyond the limit the oldest go.
local ATTEMPTS_BYTES = 65536

local function keep_attempt(id, record, number, kind, problem)
  local kept = redis.call('HGET', attempts, id) or ''
  while #kept > ATTEMPTS_BYTES do
    local rest = cmsgpack.unpack_one(kept)
    if rest == -1 then break end
    kept = string.sub(kept, rest + 1)
  end
  local entry = { number, kind, record[STARTED_AT], now, record[OWNER], problem }
  hash(attempts, id, kept .. cmsgpack.pack(entry))
end
