-- include: classes
-- include: pool
-- Claims take the best head among the queue and every open gate; what may not run now steps aside.
local STEPS = 100

-- A queue read piece by piece: items are {score, id}.
local function stream_of(key, wanted, items)
  return { key = key, wanted = wanted, items = items or {}, at = 1, offset = 0, over = items ~= nil }
end

local function refill(stream)
  local last = stream.offset + stream.wanted - 1
  local pairs_of_items = redis.call('ZRANGE', stream.key, stream.offset, last, 'WITHSCORES')
  local ids = {}
  stream.items, stream.at = {}, 1
  stream.offset = stream.offset + stream.wanted
  stream.over = #pairs_of_items < 2 * stream.wanted
  for i = 1, #pairs_of_items, 2 do
    ids[#ids + 1] = pairs_of_items[i]
    stream.items[#stream.items + 1] = { tonumber(pairs_of_items[i + 1]), pairs_of_items[i] }
  end
  load(ids)
end

local function head(stream)
  if stream.at > #stream.items and not stream.over then refill(stream) end
  return stream.items[stream.at]
end

local function open_streams(class, wanted)
  local streams = {}
  if not class.solo then
    table.sort(entered, function(a, b) return a[1] < b[1] end)
    streams = { stream_of(ready, wanted), stream_of(ready, wanted, entered) }
  end
  for _, gate in ipairs((held_gates())) do
    if is_open(class, gate) then streams[#streams + 1] = stream_of(held_at(gate), wanted) end
  end
  return streams
end

local function next_candidate(streams)
  local best, score
  for _, stream in ipairs(streams) do
    local item = not stream.shut and head(stream)
    if item and (not score or item[1] < score) then best, score = stream, item[1] end
  end
  if not best then return nil end
  local id = best.items[best.at][2]
  best.at = best.at + 1
  return id, best
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
        count('waited_ms', now - math.max(record[READY_AT], record[ENQUEUED_AT]))
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
