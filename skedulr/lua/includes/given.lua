-- include: records
-- What an exchange gave, and still is as it gave it: a list id, epoch, id, epoch, ...
local function given_before(instance, gave)
  local ids, same = {}, {}
  for i = 1, #gave, 2 do ids[#ids + 1] = gave[i] end
  load(ids)
  for i, id in ipairs(ids) do
    local record = records[id]
    if record and record[STATE] == RUNNING and record[OWNER] == instance and record[EPOCH] == gave[2 * i] then
      same[#same + 1] = id
    end
  end
  return same
end
