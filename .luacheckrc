-- Redis runs Lua 5.1, offers these and nothing else, and refuses any other global.
stds.redis = {
  read_globals = { "KEYS", "ARGV", "redis", "cmsgpack", "cjson", "struct", "bit" },
}
std = "lua51+redis"
ignore = {
  "431", -- a script's arguments are locals above everything: an include's parameter may bear such a name
  "581", -- short functions are written out where they are called: `not is_newer(record)` has a `not (x > y)` in it
  "631", -- tables that are spliced in are lines as long as they are
}
