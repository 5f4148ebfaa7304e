-- The positions of a record's fields, and the codes of the three states that the spike enters.
-- luacheck: ignore 211
local VERSION, STATE, JOB, PRIORITY, SCORE, EPOCH, ENDED, TOKEN, OWNER, ATTEMPT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local CRASHES, LOSSES, ENQUEUED, DUE, STARTED = 11, 12, 13, 14, 15
local FINISHED, KEY, GROUP, EXPIRES, SPILLED = 16, 17, 18, 19, 20
local QUEUED, RUNNING, SUCCEEDED = 1, 2, 3
