-- include: wake_keys
-- Put one marker for every class that could claim something now, and none for the others. Idle workers
-- block on their class's marker, so they wake in a chain and never for nothing.
local MOVES = 100

local function gate_at_front(record)
  if not record or is_unreadable(record) then return nil end -- a claim clears it away
  for _, class in pairs(live_classes) do
    local gate = not class.solo and gate_for(class, record)
    if gate then return gate end
  end
  return nil
end

-- Bring to the front of ready a task that every live class may run; what is before it steps aside to its gate.
-- Answers whether somebody stands there.
local function clear_front()
  local front = redis.call('ZRANGE', ready, 0, 0)[1]
  if not front or not gate_at_front(glance(front)) then return front ~= nil end
  local ids = redis.call('ZRANGE', ready, 0, MOVES - 1)
  load(ids)
  for _, id in ipairs(ids) do
    local gate = gate_at_front(records[id])
    if not gate then break end
    hold(id, records[id], gate)
  end
  flush()
  return redis.call('EXISTS', ready) == 1
end

local function any_open(class, held)
  for _, gate in ipairs(held) do
    if is_open(class, gate) then return true end
  end
  return false
end

-- A task that becomes the earliest due one wakes one idle worker of each class, which sets its timer to it.
local function wake_timers()
  for name in pairs(live_classes) do redis.call('ZADD', wake_of(name), 0, 'go') end
end

-- Answers the gates with somebody behind them.
local function wake()
  if next(live_classes) == nil then return {} end
  local is_queue_open = clear_front()
  local held, empty = held_gates()
  if #empty > 0 then redis.call('ZREM', gates, unpack(empty)) end
  local allowed = not paused and (limit < 0 or size(running) < limit)
  for name, class in pairs(live_classes) do
    if allowed and ((is_queue_open and not class.solo) or any_open(class, held)) then
      redis.call('ZADD', wake_of(name), 0, 'go')
    else
      redis.call('DEL', wake_of(name))
    end
  end
  return held
end

-- 1 when suspects wait that a solo instance with the jobs of this class would run.
local function suspects_for(class, held)
  return any_open({ wire = class.wire, jobs = class.jobs, solo = true }, held) and 1 or 0
end
