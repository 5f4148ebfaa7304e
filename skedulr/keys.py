"""Every Redis key of skedulr, in one table: its type, its members, its score and who removes it.

All keys of a pool carry the hash tag ``{namespace:pool}``, so one Redis Cluster slot holds the pool
and no script crosses slots. The registry of pools and instances carries ``{namespace}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from skedulr import names

POOL_KEYS: Final = {
    "ready": "zset id -> (1023 - priority) * 2^43 + seq; emptied by claims",
    "due": "zset id -> due time (ms); emptied by promote",
    "waiting": "zset id -> since when it waits for its parents (ms); emptied by trigger",
    "tasks": "hash id -> record (head and small body); removed by trim",
    "payloads": "hash id -> body above 1 KiB; removed with the record",
    "results": "hash id -> packed result; removed with the record",
    "attempts": "hash id -> packed ended attempts, one after the other; removed with the record",
    "progress": "hash id -> packed percent, message, time; removed with the record",
    "waiters": "hash id -> packed clients to be told of its end; removed at its end",
    "keys": "hash dedupe key -> id of the live task; removed when that task ends",
    "running": "zset id -> claim time (ms); removed when the claim ends",
    "gates": "zset gate -> 0; removed when the gate is found empty",
    "limits": "hash job -> how many of its tasks run at once, with a + where somebody has set it; "
    "removed by control or join",
    "declared": "hash job -> how many of its tasks run at once as its code says; removed by join",
    "inst": "hash instance -> packed number, class, lease, slots, gave; until leave or trim",
    "seen": "zset instance -> last sign of life (ms); removed by leave or trim",
    "idle": "zset instance -> when its last exchange found nothing to do (ms); removed when it is "
    "given a claim, asks for none, by leave or trim",
    "lease": "zset instance -> end of its lease (ms); removed when it owns nothing",
    "classes": "hash class -> wire format, kind, jobs; until trim finds no instance of it",
    "done_succeeded": "zset id -> end (ms); trimmed by age and length",
    "done_failed": "zset id -> end (ms); trimmed by age and length",
    "done_dead": "zset id -> end (ms); trimmed by age and length",
    "done_cancelled": "zset id -> end (ms); trimmed by age and length",
    "expiring": "zset id -> when its own result_ttl is over (ms); removed with the record",
    "schedules": "hash schedule -> what it runs and when, packed; removed by unschedule",
    "schedule_plans": "hash schedule -> where it stands, packed; removed with the schedule",
    "slots": "zset schedule -> when to look at it (ms), 0 at once; removed with the schedule",
    "stats": "hash counter -> total since the pool exists; stays",
    "meta": "hash of the pool's settings and sequence; stays",
    "events": "stream of what others have to be told; removed by settle",
    "orphans": "zset id of a parent that is not there -> until when it is waited for (ms); "
    "removed by its submission or abandon",
    "flows": "zset workflow -> creation (ms); removed by trim",
    "flows_ended": "zset workflow -> end (ms); trimmed by age and length",
    "opening": "zset workflow/addition -> until when its producer has to be heard of (ms), 0 while "
    "it is given up; removed by seal",
}
"""Keys of a pool with one fixed name. In a name the first ``_`` stands for ``:``."""

POOL_FAMILIES: Final = {
    "own": "hash own:<instance>: id -> epoch, number, c when cancelled; until the claim ends",
    "held": "zset held:<gate>: id -> the score it had in ready; emptied as the gate opens",
    "limited": "zset limited:<job>: id -> claim time (ms), of a limited job; as running",
    "wake": "zset wake:<class>: a marker while that class can claim; kept by every script",
    "inbox": "list inbox:<client>: ended tasks that the client waits for; TTL",
    "children": "hash children:<id>: child pool/id -> packed token, condition, whether it takes "
    "the result; @flow -> pool/id of its workflow; @was:<epoch> -> how a former task ended, of "
    "which its workflow has not heard; removed with the record or by abandon",
    "parents": "hash parents:<id>: parent pool/id -> packed condition, standing, since, whether "
    "its result is taken; @due -> delay and time; removed with the record",
    "inputs": "hash inputs:<id>: parent pool/id -> packed result; removed with the record",
    "flow": "hash flow:<workflow>: name, times, counts; removed by trim",
    "nodes": "hash nodes:<workflow>: node pool/id -> epoch, how it stands, submit token; removed "
    "by trim",
    "graph": "hash graph:<workflow>: node pool/id -> packed job and parents; removed by trim",
    "log": "list log:<id>: packed log lines, capped; removed with the record",
    "runs": "list runs:<schedule>: packed past runs, capped; removed with the schedule",
    "stats": "hash stats:<minute>: counter -> count in that minute; TTL",
}
"""Keys of a pool that come in families."""

POOL_CHANNELS: Final = {
    "claims": "claims:<instance>: claims that are handed over to an idle instance",
}
"""Sharded channels of a pool, named like keys."""

REGISTRY_KEYS: Final = {
    "pools": "set of the names of all pools; stays",
    "control": "hash of the cluster's pause and its version; stays",
    "schedules": "hash schedule -> its pool; removed with the schedule",
    "jobs": "hash job -> packed timeout and meta as its code says; removed by a worker whose code "
    "says neither, or a week after the last that told it",
    "telling": "zset job -> until when what was told of it counts (ms); as jobs",
    "workers": "hash worker process -> packed report; removed by the worker or the next report",
    "alive": "zset worker process -> until when its report counts (ms); as workers",
    "coordinators": "hash coordinator -> packed report; removed by it or the next report of one",
    "coordinating": "zset coordinator -> until when its report counts (ms); as coordinators",
}
"""Keys of a namespace."""


def key_name(name: str) -> str:
    """The Redis name for a name of the tables: ``done_dead`` is ``done:dead``."""
    return name.replace("_", ":", 1)


class PoolKeys:
    """The keys of one pool."""

    __slots__ = ("namespace", "of_scripts", "pool", "prefix")

    def __init__(self, namespace: str, pool: str) -> None:
        self.namespace = namespace
        self.pool = pool
        self.prefix = f"{{{namespace}:{pool}}}:"
        self.of_scripts: dict[str, tuple[bytes, ...]] = {}
        """The fixed keys of a script, once it was called: most calls are of a few scripts."""

    def __getattr__(self, name: str) -> bytes:
        if name not in POOL_KEYS:
            raise AttributeError(f"a pool has no key named {name!r}")
        return (self.prefix + key_name(name)).encode()

    def of(self, family: str, member: str) -> bytes:
        """One key of a family, as ``of("own", instance)``, or channel."""
        return f"{self.prefix}{family}:{member}".encode()

    def listed(self, wanted: Iterable[str]) -> tuple[bytes, ...]:
        """The fixed keys of those names, in order."""
        return tuple(getattr(self, name) for name in wanted)


class RegistryKeys:
    """The keys of a namespace that no pool holds."""

    __slots__ = ("prefix",)

    def __init__(self, namespace: str) -> None:
        self.prefix = f"{{{namespace}}}:"

    def __getattr__(self, name: str) -> bytes:
        if name not in REGISTRY_KEYS:
            raise AttributeError(f"the registry has no key named {name!r}")
        return (self.prefix + name).encode()


@lru_cache(maxsize=4096)
def pool_keys(namespace: str, pool: str) -> PoolKeys:
    """The keys of a pool; the same object each time."""
    return PoolKeys(namespace, pool)


def located(namespace: str, full: str) -> tuple[PoolKeys, str]:
    """Where a task or a workflow of that full name is: the keys of its pool, and its id."""
    pool, id_in_pool = names.parts(full)
    return pool_keys(namespace, pool), id_in_pool
