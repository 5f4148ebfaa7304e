-- An edge from a child to a parent: {condition, how it stands, since, whether it takes the result}. A condition has bit
-- 1 where a success of the parent will do and bit 2 where a failure will; both together take any end. An edge goes
-- once from pending to met or unmet, and takes no end that is not newer than `since`.
local ON_FAILURE, ON_END = 2, 3
local PENDING, MET, UNMET = 0, 1, 2
local EDGE_ON, EDGE_STANDING, EDGE_SINCE, EDGE_TAKES = 1, 2, 3, 4
local DUE = '@due' -- beside the parents of a task: its delay (ms) and absolute due time (ms)
