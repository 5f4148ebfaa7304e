-- include: submit
-- include: wake
-- include: due
-- Write what was submitted, and wake those who can run it or have to set a timer to it.
local function write_and_wake()
  local earliest = scheduled < math.huge and next_due() or 0
  flush()
  if not is_awake then wake() end
  if scheduled < (earliest > 0 and earliest or math.huge) then wake_timers() end
end
