"""The cluster as a whole, as documents: what is there now, and what the last minutes saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from skedulr import documents, inspect, operations
from skedulr.commands import Read, Steps
from skedulr.inspect import PoolInfo
from skedulr.keys import RegistryKeys, pool_keys
from skedulr.lists import pairs
from skedulr.plain import iso

MINUTE_MS: Final = 60_000

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
    pools = yield from inspect.pools(namespace)
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


def timeline(namespace: str, pools: Sequence[str], minutes: int) -> Steps[list[dict[str, Any]]]:
    """What happened in each of the last minutes in those pools, oldest first; the last one is not
    over yet.
    """
    now = yield Read((("TIME",),), lambda replies: int(replies[0][0]))
    newest = now // 60
    wanted = range(newest - minutes + 1, newest + 1)
    calls = tuple(
        ("HMGET", pool_keys(namespace, pool).of("stats", str(minute)), *COUNTERS)
        for minute in wanted
        for pool in pools
    )
    replies = (yield Read(calls, list)) if calls else []
    lines = []
    for place, minute in enumerate(wanted):
        seen = replies[place * len(pools) : (place + 1) * len(pools)]
        sums = {
            name: sum(int(counts[at] or 0) for counts in seen) for at, name in enumerate(COUNTERS)
        }
        lines.append({"at": iso(minute * MINUTE_MS), **sums})
    return lines
