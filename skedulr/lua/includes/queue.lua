-- include: pool
-- include: records
-- Where a task waits to be claimed: in ready, or behind a gate with the score that it had there.
local SEQUENCE_SPAN = 8796093022208 -- 2^43
local HIGHEST_PRIORITY = 1023

local sequence = tonumber(settings[8] or 0)
local function next_score(priority)
  sequence = sequence + 1
  hash(meta, 'seq', sequence)
  return (HIGHEST_PRIORITY - priority) * SEQUENCE_SPAN + sequence
end

local known_gates
local function all_gates()
  if not known_gates then
    known_gates = {}
    for _, gate in ipairs(redis.call('ZRANGE', gates, 0, -1)) do known_gates[gate] = true end
  end
  return known_gates
end

local function put_at_gate(id, record, gate)
  all_gates()[gate] = true
  record[GATE] = gate
  changed[id] = true
  touch(held_at(gate))
  zset(held_at(gate), id, record[SCORE])
  zset(gates, gate, 0)
end

-- Suspects wait where only a solo instance looks.
local function put_into_queue(id, record)
  if record[SUSPECT] == 1 then
    put_at_gate(id, record, 'solo:' .. record[JOB])
  else
    zset(ready, id, record[SCORE])
  end
end
