-- include: limits
-- include: records
-- How many tasks of a job run at once: those that run when it becomes limited count from then on.
local COUNTED = 1000 -- what is more, repair counts later

local function begin_counting(job)
  touch(limited_of(job))
  local ids = redis.call('ZRANGE', running, 0, COUNTED - 1)
  load(ids)
  for _, id in ipairs(ids) do
    local record = records[id]
    if record and record[JOB] == job then zset(limited_of(job), id, record[STARTED_AT]) end
  end
end

-- most -1: no limit
local function limit_job(job, most)
  if most == -1 then
    hash(limits, job, false)
    delete(limited_of(job))
  else
    if not all_limits()[job] then begin_counting(job) end
    hash(limits, job, most)
  end
end
