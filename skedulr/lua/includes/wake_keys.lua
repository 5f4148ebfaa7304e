-- include: classes
-- Waking asks for these after the first write.
local function touch_built()
  local built = { minute }
  for name in pairs(live_classes) do built[#built + 1] = wake_of(name) end
  for job in pairs(all_limits()) do built[#built + 1] = limited_of(job) end
  for gate in pairs(all_gates()) do built[#built + 1] = held_at(gate) end
  touch_all(built)
end
touch_built()
