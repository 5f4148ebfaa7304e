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
local function limit_job(job, most, sign)
  if most ~= -1 then
    if not all_limits()[job] then begin_counting(job) end
    hash(limits, job, sign .. most)
  elseif all_limits()[job] then
    hash(limits, job, false)
    delete(limited_of(job))
  end
end

-- What somebody has set stands before what the code says, and has a sign that tells it from that.
local SET = '+'

local function declare_limit(job, most)
  hash(declared, job, most ~= -1 and most)
  local known = redis.call('HGET', limits, job)
  if not (known and string.sub(known, 1, 1) == SET) then limit_job(job, most, '') end
end

local function set_limit(job, most)
  if most == -1 then
    limit_job(job, tonumber(redis.call('HGET', declared, job) or -1), '')
  else
    limit_job(job, most, SET)
  end
end
