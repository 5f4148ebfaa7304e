-- A moment as text, ISO 8601 in UTC: days become a date by the algorithm `civil_from_days` of Howard Hinnant,
-- "chrono-Compatible Low-Level Date Algorithms" (years begin in March, eras have 400 of them).
local DAY_MS = 86400000

local function civil(days)
  local floor = math.floor
  local shifted = days + 719468
  local era = floor(shifted / 146097)
  local day_of_era = shifted - era * 146097
  local year_of_era = floor(
    (day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524) - floor(day_of_era / 146096)) / 365
  )
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local from_march = floor((5 * day_of_year + 2) / 153)
  local month = from_march < 10 and from_march + 3 or from_march - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - floor((153 * from_march + 2) / 5) + 1
end

local function iso(ms)
  local year, month, day = civil(math.floor(ms / DAY_MS))
  local rest = ms % DAY_MS
  local seconds, millis = math.floor(rest / 1000), rest % 1000
  local text = string.format('%04d-%02d-%02dT%02d:%02d:%02d', year, month, day, math.floor(seconds / 3600),
    math.floor(seconds / 60) % 60, seconds % 60)
  return text .. (millis > 0 and string.format('.%03d', millis) or '') .. 'Z'
end
