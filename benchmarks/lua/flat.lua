-- A record packed as twenty msgpack values one after the other, without an array round them.
-- luacheck: ignore 241
local codec = {}

function codec.pack(record) return cmsgpack.pack(unpack(record, 1, 20)) end

local function apart(raw, offset, ...)
  return { ... }, offset > 0 and string.sub(raw, offset + 1) or ''
end

-- Returns the record and what follows it.
function codec.split(raw) return apart(raw, cmsgpack.unpack_limit(raw, 20)) end
