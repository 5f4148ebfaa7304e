-- include: endings
-- include: attempts
-- A crash is charged to a task that was alone in the process that died: apart from its attempts, and the third one
-- ends it.
local POISON = 3

-- Answers whether the task is dead of it.
local function charge_crash(id, record, problem)
  record[CRASHES] = record[CRASHES] + 1
  if problem ~= '' then keep_attempt(id, record, record[ATTEMPT] + 1, 'crash', problem) end
  if record[CRASHES] < POISON then return false end
  record[ENDED] = record[EPOCH]
  finish(id, record, DEAD, 'poison')
  return true
end
