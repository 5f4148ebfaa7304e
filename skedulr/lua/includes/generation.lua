-- include: places
-- An ended task that lives again keeps its history, loses what the former generation left, and takes its key again.
local function begin_generation(id, record, again)
  record[AGAIN] = again
  raise_epoch(record)
  for _, field in ipairs({ ATTEMPT, CRASHES, LOSSES, STARTED_AT, FINISHED_AT, EXPIRES_AT }) do record[field] = 0 end
  record[OWNER], record[REASON] = '', ''
  record[LINKED] = math.min(record[LINKED], LISTENED)
  if record[KEY] ~= '' then hash(keys, record[KEY], id) end
  hash(results, id, false)
  hash(progress, id, false)
  count('resubmitted', 1)
end
