-- Names of keys that come in families. All of them share the hash tag of KEYS[1].
local prefix = string.match(KEYS[1], '^{.-}:')

local function own_of(instance) return prefix .. 'own:' .. instance end
local function held_at(gate) return prefix .. 'held:' .. gate end
local function limited_of(job) return prefix .. 'limited:' .. job end
local function children_of(id) return prefix .. 'children:' .. id end
local function parents_of(id) return prefix .. 'parents:' .. id end
local function inputs_of(id) return prefix .. 'inputs:' .. id end
local function log_of(id) return prefix .. 'log:' .. id end
local function claims_of(instance) return prefix .. 'claims:' .. instance end
local function wake_of(class) return prefix .. 'wake:' .. class end
