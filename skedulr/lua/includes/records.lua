-- include: plan
-- include: clock
-- The records that this script has read, by id; false where there is none. Every change to one is planned
-- through this table, so two steps of a script see the same record.
local records, bodies, changed = {}, {}, {}
local unopened = {} -- sealed records of queued tasks, which this script writes as they came

-- A record that no code can read stands for itself: its bytes become the body of a dead task. Whatever
-- could hang on it is taken to be there.
local UNREADABLE, UNKNOWN_JOB = 0, '?'

local function unreadable_record()
  local record = blank_record()
  record[VERSION], record[STATE], record[JOB], record[ENQUEUED_AT] = UNREADABLE, QUEUED, UNKNOWN_JOB, now
  record[WAITED], record[LOGGED], record[PARENTS] = 1, 1, 1
  return record
end

-- A newer format has more fields behind ours, and perhaps more states.
local function is_head(head)
  if type(head) ~= 'table' or type(head[VERSION]) ~= 'number' or type(head[STATE]) ~= 'number' then return false end
  if #head < SEALED_COUNT then return false end
  if head[VERSION] > FORMAT then return true end
  return #head <= FIELD_COUNT and head[STATE] >= 1 and head[STATE] <= STATE_COUNT
end

local function decode(id, value)
  local readable, rest, head = pcall(cmsgpack.unpack_one, value)
  if readable and is_head(head) then
    for i = #head + 1, FIELD_COUNT do head[i] = i <= LAST_TEXT and '' or 0 end
    bodies[id] = rest == -1 and '' or string.sub(value, rest + 1)
    return head
  end
  bodies[id] = value
  return unreadable_record()
end

local function load(ids)
  local wanted = {}
  for _, id in ipairs(ids) do
    if records[id] == nil then
      records[id] = false
      wanted[#wanted + 1] = id
    end
  end
  for first = 1, #wanted, SLICE do
    local last = math.min(first + SLICE - 1, #wanted)
    local values = redis.call('HMGET', tasks, unpack(wanted, first, last))
    for offset, value in ipairs(values) do
      local id = wanted[first + offset - 1]
      if value then records[id] = decode(id, value) end
    end
  end
end

local function load_one(id)
  if records[id] == nil then
    local value = redis.call('HGET', tasks, id)
    records[id] = value and decode(id, value)
  end
  return records[id]
end

-- What decides who may run a task.
local function glance(id)
  if not unopened[id] then return load_one(id) end
  local _, job = cmsgpack.unpack_one(unopened[id])
  return { [VERSION] = FORMAT, [JOB] = job, [SUSPECT] = 0 }
end

-- How a record is linked: others hang on its end, or have yet to be told of it.
local LISTENED, UNREAD = 1, 2

local function next_epoch(record) return math.max(record[EPOCH] + 1, now) end

-- A new epoch; the time of submission, which is the first one, is kept.
local function raise_epoch(record)
  if record[ENQUEUED_AT] == 0 then record[ENQUEUED_AT] = record[EPOCH] end
  record[EPOCH] = next_epoch(record)
end

local function is_newer(record) return record[VERSION] > FORMAT end
local function is_unreadable(record) return record[VERSION] == UNREADABLE end
local function is_terminal(record) return record[STATE] >= SUCCEEDED end

-- Whether a task holds its dedupe key: one that could not be read ended without freeing it.
local function holds_key(id)
  local record = load_one(id)
  return record and not is_terminal(record)
end

local function write_changes()
  for id in pairs(changed) do hash(tasks, id, cmsgpack.pack(records[id]) .. bodies[id]) end
  changed = {}
  write_plan()
end
