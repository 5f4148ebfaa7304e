"""The cluster as a whole, as documents: what is there now, and what the last minutes saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from skedulr import operations
from skedulr.commands import Read, Steps
from skedulr.commands.base import pairs
from skedulr.keys import RegistryKeys, pool_keys
from skedulr.values.plain import iso
from skedulr.views import documents
from skedulr.views.pools import PoolInfo, read_pools

MINUTE_MS: Final = 60_000

MOST_AT_ONCE: Final = 1000
"""Minutes of pools that one trip asks for, so that Redis serves others in between."""

COUNTERS: Final = (
    "enqueued",
    "started",
    "succeeded",
    "failed",
    "dead",
    "cancelled",
    "retried",
    "waited_ms",
    "ran_ms",
)
"""What a minute tells."""


def pool_names(namespace: str) -> Steps[list[str]]:
    """The names of all pools, sorted."""
    return (yield from operations.list_pools(RegistryKeys(namespace)))


def overview(namespace: str) -> Steps[dict[str, Any]]:
    """All pools and the sums over them, who works there, and how Redis is."""
    pools = yield from read_pools(namespace)
    return (yield from overview_of(namespace, pools))


def overview_of(namespace: str, pools: Sequence[PoolInfo]) -> Steps[dict[str, Any]]:
    """The overview, where the pools were just read."""
    facts = yield _cluster(RegistryKeys(namespace))
    return {
        "namespace": namespace,
        **facts,
        "counts": documents.of_counts(documents.summed(pools)),
        "totals": totals(pools),
        "pools": [documents.of_pool(pool) for pool in pools],
        "instances": sum(pool.instances for pool in pools),
    }


def totals(pools: Sequence[PoolInfo]) -> dict[str, int]:
    """The counters of all pools, added up."""
    added: Counter[str] = Counter()
    for pool in pools:
        added.update(pool.totals)
    return dict(sorted(added.items()))


def _cluster(registry: RegistryKeys) -> Read[dict[str, Any]]:
    def parse(replies: list[Any]) -> dict[str, Any]:
        (seconds, micros), paused, *ends, server, memory = replies
        now = int(seconds) * 1000 + int(micros) // 1000
        alive = [sum(float(until) > now for _, until in pairs(each)) for each in ends]
        facts = {**info(server), **info(memory)}
        limit = int(facts.get("maxmemory", 0))
        return {
            "now": iso(now),
            "paused": bool(int(paused or 0)),
            "workers": alive[0],
            "coordinators": alive[1],
            "redis": {
                "version": facts.get("valkey_version") or facts.get("redis_version", "?"),
                "memory_bytes": int(facts.get("used_memory", 0)),
                "max_memory_bytes": limit or None,
            },
        }

    calls = (
        ("TIME",),
        ("HGET", registry.control, "paused"),
        ("ZRANGE", registry.alive, 0, -1, "WITHSCORES"),
        ("ZRANGE", registry.coordinating, 0, -1, "WITHSCORES"),
        ("INFO", "server"),
        ("INFO", "memory"),
    )
    return Read(calls, parse)


def info(reply: bytes) -> dict[str, str]:
    """What ``INFO`` answers."""
    lines = reply.decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def this_minute() -> Steps[int]:
    """The number of the minute that is not over yet, by Redis' clock."""
    minute: int = yield Read((("TIME",),), lambda replies: int(replies[0][0]) // 60)
    return minute


def minutes(
    namespace: str, pools: Sequence[str], wanted: Sequence[int]
) -> Steps[list[dict[str, Any]]]:
    """What happened in those minutes, by their numbers, in those pools together."""
    places = [(minute, pool) for minute in wanted for pool in pools]
    sums = {minute: Counter[str]() for minute in wanted}
    for first in range(0, len(places), MOST_AT_ONCE):
        some = places[first : first + MOST_AT_ONCE]
        calls = tuple(
            ("HMGET", pool_keys(namespace, pool).of("stats", str(minute)), *COUNTERS)
            for minute, pool in some
        )
        replies = yield Read(calls, list)
        for (minute, _), counts in zip(some, replies, strict=True):
            for name, count in zip(COUNTERS, counts, strict=True):
                sums[minute][name] += int(count or 0)
    return [
        {"at": iso(minute * MINUTE_MS), **{name: sums[minute][name] for name in COUNTERS}}
        for minute in wanted
    ]
