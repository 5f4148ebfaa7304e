-- Sets the cluster's pause; its version lets every pool keep the newest.
-- flags: allow-oom
-- KEYS[1] control
-- ARGV[1] paused  1 or 0
-- Returns the version.
redis.call('HSET', control, 'paused', paused)
return redis.call('HINCRBY', control, 'version', 1)
