-- include: plan
-- include: clock
-- include: standings
-- Workflows whose home is this pool. Their nodes may be in any pool: how each stands is told by events, and fenced
-- by its epoch, so that what is told twice or in another order counts once.
local counter_of = {
  [OPEN] = 'open', [SUCCEEDED] = 'succeeded', [FAILED] = 'failed', [DEAD] = 'dead', [CANCELLED] = 'cancelled',
  [SKIPPED] = 'skipped',
}

local function flow_at(id) return prefix .. 'flow:' .. id end
local function nodes_at(id) return prefix .. 'nodes:' .. id end
local function graph_at(id) return prefix .. 'graph:' .. id end
local function keys_of_flow(id) return { flow_at(id), nodes_at(id), graph_at(id) } end

local function new_flow(token)
  local counts = {}
  for _, counter in pairs(counter_of) do counts[counter] = 0 end
  return { token = token, counts = counts, finished = false }
end

-- A workflow, nil where there is none.
local function flow_of(id)
  local found = redis.call('HGETALL', flow_at(id))
  if #found == 0 then return nil end
  local fields = {}
  for i = 1, #found, 2 do fields[found[i]] = found[i + 1] end
  local flow = new_flow(fields.token)
  for counter in pairs(flow.counts) do flow.counts[counter] = tonumber(fields[counter] or 0) end
  flow.finished = fields.finished
  return flow
end

local function standing_in(text)
  local epoch, standing, token = string.match(text or '', '^(%d+) (%d+) (.*)$')
  return epoch and { epoch = tonumber(epoch), standing = tonumber(standing), token = token } or nil
end

local function move_count(flow, from, to)
  local counts = flow.counts
  if from then counts[counter_of[from]] = counts[counter_of[from]] - 1 end
  counts[counter_of[to]] = counts[counter_of[to]] + 1
end

-- It ends with its last open node, and is open again when one of them is.
local function write_flow(id, flow)
  for counter, count in pairs(flow.counts) do hash(flow_at(id), counter, count) end
  if flow.counts.open > 0 then
    hash(flow_at(id), 'finished', false)
    zset(flows_ended, id, false)
  elseif not flow.finished then
    hash(flow_at(id), 'finished', now_text)
    zset(flows_ended, id, now_text)
  end
end
