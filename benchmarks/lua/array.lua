-- A record packed as one msgpack array.
-- luacheck: ignore 241
local codec = { pack = cmsgpack.pack }

-- Returns the record and what follows it.
function codec.split(raw)
  local offset, record = cmsgpack.unpack_one(raw)
  return record, offset > 0 and string.sub(raw, offset + 1) or ''
end
