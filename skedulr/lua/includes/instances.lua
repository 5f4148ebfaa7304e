-- What the pool knows of an instance, packed: the number of its last exchange, its class, its lease (ms) and slots, and
-- what that exchange gave (id, epoch, ...).
local NUMBER, CLASS, LEASE_MS, SLOTS, GAVE = 1, 2, 3, 4, 5
