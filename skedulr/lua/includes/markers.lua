-- include: names
-- Idle workers block on the marker of their class.
local class_texts = redis.call('HGETALL', classes) -- name, text, ...: see includes/classes.lua

-- Whether every class has its marker, and so is or will be awake.
local function all_marked()
  local markers = {}
  for i = 1, #class_texts, 2 do markers[#markers + 1] = wake_of(class_texts[i]) end
  return #markers == 0 or redis.call('EXISTS', unpack(markers)) == #markers
end
