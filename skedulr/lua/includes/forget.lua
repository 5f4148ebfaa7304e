-- include: records
-- include: history_keys
-- Remove a record and all that hangs on it.
local function forget(id, record)
  if is_terminal(record) then zset(done_in(record[STATE]), id, false) end
  hash(tasks, id, false)
  hash(results, id, false)
  hash(attempts, id, false)
  hash(progress, id, false)
  if record[SPILLED] == 1 or record[JOB] == UNKNOWN_JOB then hash(payloads, id, false) end
  if record[TTL] > 0 then zset(expiring, id, false) end
  if record[LOGGED] > 0 then delete(log_of(id)) end
  if record[LINKED] > 0 then delete(children_of(id)) end
  if record[PARENTS] > 0 then
    delete(parents_of(id))
    delete(inputs_of(id))
  end
  records[id], changed[id] = false, nil
end
