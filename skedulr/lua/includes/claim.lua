-- include: wake_keys
-- include: start
-- Claims take the best head among the queue and every open gate; what may not run now steps aside.
local STEPS = 100

-- A queue read piece by piece; items are id, score, id, score, ...
local function stream_of(key, wanted, items)
  return { key = key, wanted = wanted, items = items or {}, at = 1, offset = 0, over = items ~= nil }
end

local function head(stream)
  if stream.at > #stream.items and not stream.over then
    local last = stream.offset + stream.wanted - 1
    local items, ids = redis.call('ZRANGE', stream.key, stream.offset, last, 'WITHSCORES'), {}
    for i = 1, #items, 2 do ids[#ids + 1] = items[i] end
    load(ids)
    stream.items, stream.at, stream.offset = items, 1, last + 1
    stream.over = #ids < stream.wanted
  end
  return stream.items[stream.at], tonumber(stream.items[stream.at + 1])
end

-- What this script has put into ready, and has not written yet.
local function entered()
  local ids, items = {}, {}
  for id, score in pairs(planned_zsets[ready] or {}) do
    if score then ids[#ids + 1] = id end
  end
  table.sort(ids, function(a, b) return records[a][SCORE] < records[b][SCORE] end)
  for _, id in ipairs(ids) do
    items[#items + 1] = id
    items[#items + 1] = records[id][SCORE]
  end
  return items
end

local function open_streams(class, wanted)
  local streams = {}
  if not class.solo then
    streams = { stream_of(ready, wanted + 1) } -- waking will ask for the one after them
    if planned_zsets[ready] then streams[2] = stream_of(ready, wanted, entered()) end
  end
  for _, gate in ipairs((held_gates())) do
    if is_open(class, gate) then streams[#streams + 1] = stream_of(held_at(gate), wanted) end
  end
  return streams
end

local function next_candidate(streams)
  local best, first, lowest
  for _, stream in ipairs(streams) do
    if not stream.shut then
      local id, score = head(stream)
      if id and (not lowest or score < lowest) then best, first, lowest = stream, id, score end
    end
  end
  if best then best.at = best.at + 2 end
  return first, best
end

local function stands_in(record, key)
  return record[STATE] == QUEUED and (record[GATE] == '' and ready or held_at(record[GATE])) == key
end

-- Claim up to `wanted` tasks for an instance of this class: answers their ids in order, and whether it gave
-- up after so many tasks that could not be claimed.
local function claim(class, wanted, instance, number)
  local taken, steps = {}, 0
  local streams = wanted > 0 and open_streams(class, wanted) or {}
  while #taken < wanted and steps < STEPS do
    local id, stream = next_candidate(streams)
    if not id then break end
    local record, key = records[id], stream.key
    steps = steps + 1
    if not record then
      zset(key, id, false)
    elseif is_unreadable(record) then
      zset(key, id, false)
      bury(id, record, QUEUED)
    elseif stands_in(record, key) then
      local gate = gate_for(class, record)
      if gate and key ~= ready and not is_open(class, record[GATE]) then
        stream.shut = true -- its limit was reached by the claims before
      elseif gate then
        hold(id, record, gate)
      elseif record[STARTED_AT] == 0 and record[EXPIRES_AT] > 0 and record[EXPIRES_AT] <= now then
        finish(id, record, CANCELLED, 'expired')
      else
        count('started', 1)
        start(id, record, instance, number)
        taken[#taken + 1] = id
        steps = steps - 1
      end
    else
      zset(key, id, false) -- it stands elsewhere, perhaps since a moment ago
    end
  end
  return taken, steps >= STEPS
end
