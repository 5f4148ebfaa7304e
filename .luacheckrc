-- Redis runs Lua 5.1, offers these and nothing else, and refuses any other global.
stds.redis = {
  read_globals = { "KEYS", "ARGV", "redis", "cmsgpack", "cjson", "struct", "bit" },
}
std = "lua51+redis"
max_line_length = 120
