-- How a node of a workflow stands: OPEN, the number of the state in which it ended, or SKIPPED: it was cancelled, because
-- what it waited for did not come about.
local OPEN, SKIPPED = 0, 9

-- A node is known by the token of its submission: another task may have its id, before or afterwards.
local function standing_text(epoch, standing, token) return string.format('%.0f %d %s', epoch, standing, token) end

local function standing_of_end(record)
  return record[STATE] == CANCELLED and record[REASON] == 'upstream' and SKIPPED or record[STATE]
end
