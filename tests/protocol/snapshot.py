"""All keys of a pool as plain values, read in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

import msgpack

from skedulr.dependencies.triggers import Event, events_of
from skedulr.record import Record, decode
from skedulr.states import State

DUMP: Final = """#!lua
local READ = {
  hash = function(key) return redis.call('HGETALL', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  string = function(key) return { redis.call('GET', key) } end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
}
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local kind = redis.call('TYPE', key).ok
  found[#found + 1] = { key, kind, redis.call('PTTL', key), READ[kind](key) }
end
return found
"""


@dataclass
class Snapshot:
    """A pool as it lies in the server, by the names of its keys without their prefix."""

    zsets: dict[str, dict[str, int]] = field(default_factory=dict)
    hashes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    lists: dict[str, list[bytes]] = field(default_factory=dict)
    streams: dict[str, list[Event]] = field(default_factory=dict)
    expiring: set[str] = field(default_factory=set)
    """Keys that have a time to live."""
    records: dict[str, Record] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)

    def zset(self, name: str) -> dict[str, int]:
        return self.zsets.get(name, {})

    def hash(self, name: str) -> dict[str, bytes]:
        return self.hashes.get(name, {})

    def names(self) -> list[str]:
        """All keys."""
        return [*self.zsets, *self.hashes, *self.lists, *self.streams]

    def members(self, family: str) -> list[str]:
        """What follows the colon in the names of a family's keys."""
        return self._families.get(family, [])

    @cached_property
    def _families(self) -> dict[str, list[str]]:
        families: dict[str, list[str]] = {}
        for name in self.names():
            family, colon, member = name.partition(":")
            if colon:
                families.setdefault(family, []).append(member)
        return families

    def places(self) -> dict[str, list[str]]:
        """Where each task is: every queue, gate and history that names it."""
        found: dict[str, list[str]] = {}
        for name, members in self.zsets.items():
            if name in ("ready", "due", "waiting", "running") or name.startswith(
                ("held:", "done:")
            ):
                for task_id in members:
                    found.setdefault(task_id, []).append(name)
        return found


def read(prefix: str, dumped: list[Any]) -> Snapshot:
    """Read what the script ``DUMP`` answered."""
    pool = Snapshot()
    for key, kind, ttl, values in dumped:
        name = key.decode().removeprefix(prefix)
        if ttl >= 0:
            pool.expiring.add(name)
        if kind == b"zset":
            pool.zsets[name] = {m.decode(): int(float(s)) for m, s in _pairs(values)}
        elif kind == b"hash":
            pool.hashes[name] = {m.decode(): value for m, value in _pairs(values)}
        elif kind == b"list":
            pool.lists[name] = values
        elif kind == b"stream":
            pool.streams[name] = events_of(values)
    pool.records = {task_id: _decoded(value) for task_id, value in pool.hash("tasks").items()}
    pool.states = {task_id: record.state for task_id, record in pool.records.items()}
    return pool


def unpacked_each(data: bytes) -> list[Any]:
    """Read values that are packed one after the other."""
    unpacker = msgpack.Unpacker(raw=True)
    unpacker.feed(data)
    return list(unpacker)


# Most records are the same from one command to the next.
_decoded = lru_cache(maxsize=10_000)(decode)


def _pairs(flat: list[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
