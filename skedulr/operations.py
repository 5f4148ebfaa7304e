"""What users do to tasks and pools, step by step: each written once, run by the sync and the
async client.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final, TypeAlias

from skedulr import commands, names
from skedulr.commands import PoolSettings, Read, Refusal, Standing, Steps, Submission
from skedulr.errors import (
    AmbiguousTask,
    DuplicateId,
    DuplicateKey,
    InvalidName,
    QueueFull,
    RedisUnsuitable,
    Refused,
    SkedulrError,
    UnknownTask,
    UpgradeNeeded,
    WrongState,
)
from skedulr.keys import PoolKeys, RegistryKeys, pool_keys
from skedulr.record import FORMAT, Record, decode

ASKED_AT_ONCE: Final = 1000
"""Questions in one trip."""

TRIES: Final = 10
"""How often a command on a task is repeated because the task had moved on meanwhile."""


def register_pool(
    registry: RegistryKeys, keys: PoolKeys, settings: Mapping[str, int], *, again: bool = False
) -> Steps[None]:
    """Make the pool known, copy the cluster's pause into it, and set what the code declares of
    it; ``again`` leaves the settings of a pool that is still known as they are by now.
    """
    known, paused, version = yield _control("SISMEMBER", registry, keys.pool)
    if not known:
        # The name goes in before the pause is read, and `pause` works the other way round: none
        # misses the other. A full Redis takes no new name, but those it has can be controlled.
        _, paused, version = yield _control("SADD", registry, keys.pool)
    changes = {} if again and known else dict(settings)
    if version:
        changes["paused"] = paused
    if changes:
        yield commands.control(keys, changes, version=version)


def _control(command: str, registry: RegistryKeys, pool: str) -> Read[tuple[int, int, int]]:
    """The answer to a command on the set of pools, the cluster's pause and its version."""
    return Read(
        ((command, registry.pools, pool), ("HMGET", registry.control, "paused", "version")),
        lambda replies: (replies[0], int(replies[1][0] or 0), int(replies[1][1] or 0)),
    )


def list_pools(registry: RegistryKeys) -> Steps[list[str]]:
    """The names of all pools, sorted."""
    found = yield Read(
        (("SMEMBERS", registry.pools),),
        lambda replies: sorted(name.decode() for name in replies[0]),
    )
    return list(found)


def find(namespace: str, name: str) -> Steps[tuple[PoolKeys, str]]:
    """The pool and the id that a name means: ``pool/id``, or a bare id that one pool has.

    Raises ``UnknownTask`` and ``AmbiguousTask``.
    """
    [found] = yield from find_all(namespace, [name])
    if isinstance(found, SkedulrError):
        raise found
    return found


Found: TypeAlias = tuple[PoolKeys, str] | SkedulrError


def find_all(namespace: str, wanted: Sequence[str]) -> Steps[list[Found]]:
    """What each of many names means, in order: its pool and id, or the error that ``find`` raises.
    However many they are, they are asked for together.
    """
    found: list[Found | None] = []
    bare: list[int] = []
    for name in wanted:
        try:
            pool, task_id = _split(name)
        except InvalidName as error:
            found.append(error)
            continue
        if pool is None:
            bare.append(len(found))
        found.append((pool_keys(namespace, pool), task_id) if pool is not None else None)
    if bare:
        hits = yield from _pools_with(namespace, [wanted[place] for place in bare])
        for place, pools in zip(bare, hits, strict=True):
            found[place] = _meant(namespace, wanted[place], pools)
    return [each for each in found if each is not None]


def _split(name: str) -> tuple[str | None, str]:
    if not isinstance(name, str):
        raise InvalidName("task id", name, "give pool/id, or the id alone")
    return names.split(name)


def _pools_with(namespace: str, ids: Sequence[str]) -> Steps[list[list[str]]]:
    """For each id the pools that have such a task."""
    pools = yield from list_pools(RegistryKeys(namespace))
    hits: list[list[str]] = [[] for _ in ids]
    pairs = list(product(range(len(ids)), pools))
    for first in range(0, len(pairs), ASKED_AT_ONCE):
        some = pairs[first : first + ASKED_AT_ONCE]
        calls = tuple(
            ("HEXISTS", pool_keys(namespace, pool).tasks, ids[place]) for place, pool in some
        )
        replies = yield Read(calls, list)
        for (place, pool), hit in zip(some, replies, strict=True):
            if hit:
                hits[place].append(pool)
    return hits


def _meant(namespace: str, name: str, pools: Sequence[str]) -> Found:
    if not pools:
        return UnknownTask(name)
    if len(pools) > 1:
        return AmbiguousTask(name, pools)
    return pool_keys(namespace, pools[0]), name


def only(name: str, pools: Sequence[str], kind: str = "task") -> str:
    """The one pool that has a task of this id; raises ``AmbiguousTask`` for several."""
    if len(pools) > 1:
        raise AmbiguousTask(name, pools, kind)
    return pools[0]


def refused(keys: PoolKeys, task: Submission, refusal: Refusal) -> Refused | None:
    """The error that a refusal means; nothing where the task is there all the same."""
    match refusal.outcome:
        case "duplicate_id":
            return DuplicateId(names.full_name(keys.pool, task.id))
        case "duplicate_key":
            return DuplicateKey(task.key, names.full_name(keys.pool, refusal.detail))
        case "full":
            return QueueFull(keys.pool, int(refusal.detail))
    return None


def cancel(keys: PoolKeys, task_id: str) -> Steps[bool]:
    """Cancel a task: true when it is over, false when its worker has been asked.

    Raises ``UnknownTask``, and ``WrongState`` when it had ended otherwise.
    """
    record = yield record_of(keys, task_id)
    epoch = record.number("epoch")  # a repeated command must not hit a later generation
    for _ in range(TRIES):
        standing: Standing = yield commands.cancel(keys, task_id, epoch)
        if standing.outcome != "changed":
            break
        epoch = standing.epoch
    _check_found(keys, task_id, standing)
    if standing.outcome in ("ended", "changed"):
        raise _wrong_state(
            keys, task_id, standing, "cancel", "scheduled, waiting, queued or running"
        )
    return standing.outcome == "cancelled"


def resubmit(keys: PoolKeys, task_id: str, *, any_state: bool = False) -> Steps[None]:
    """Run an ended task again.

    Raises ``UnknownTask``, ``WrongState``, ``QueueFull``, and ``DuplicateKey`` when a live task has
    taken its key.
    """
    token = os.urandom(8)
    record = yield record_of(keys, task_id)
    epoch = record.number("epoch")
    for _ in range(TRIES):
        standing: Standing = yield commands.resubmit(
            keys, task_id, epoch, token, any_state=any_state
        )
        if standing.outcome != "changed":
            break
        epoch = standing.epoch
    _check_found(keys, task_id, standing)
    if standing.outcome == "duplicate_key":
        raise DuplicateKey(record.text("key"), names.full_name(keys.pool, standing.holder))
    if standing.outcome == "full":
        raise QueueFull(keys.pool, int(standing.holder))
    if standing.outcome != "resubmitted":
        raise _wrong_state(keys, task_id, standing, "resubmit", "failed, dead or cancelled")


def pause(registry: RegistryKeys, paused: bool) -> Steps[None]:
    """Stop or start all claims of the cluster; running tasks go on."""
    version = yield commands.pause(registry, paused)
    pools = yield from list_pools(registry)
    namespace = registry.prefix[1:-2]
    for pool in pools:
        yield commands.control(pool_keys(namespace, pool), {"paused": int(paused)}, version=version)


def set_pool(
    keys: PoolKeys, changes: Mapping[str, int], job_limits: Mapping[str, int] | None = None
) -> Steps[PoolSettings]:
    """Change settings of one pool, and limits of its jobs; answers all settings."""
    yield from register_pool(RegistryKeys(keys.namespace), keys, {})
    return (yield commands.control(keys, changes, job_limits=job_limits))  # type: ignore[no-any-return]  # steps are untyped


def check_server(*, allow_eviction: bool = False) -> Steps[None]:
    """Make sure that the server can carry skedulr; raises ``RedisUnsuitable``.

    ``allow_eviction`` lets one pass that may drop tasks when it is full.
    """
    facts: dict[str, str] = yield Read((("INFO", "server"), ("INFO", "memory")), _facts)
    version = facts.get("redis_version", "0")
    if int(version.split(".")[0]) < 7:
        raise RedisUnsuitable(f"it is Redis {version}", "use Redis 7.0 or Valkey 7.2 and later")
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction" and not allow_eviction:
        raise RedisUnsuitable(
            f"its maxmemory-policy is {policy}, so a full Redis silently drops tasks",
            "run CONFIG SET maxmemory-policy noeviction and put it into its configuration",
        )


def _facts(replies: list[Any]) -> dict[str, str]:
    lines = b"\n".join(replies).decode().split("\n")
    return dict(line.strip().split(":", 1) for line in lines if ":" in line)


def record_of(keys: PoolKeys, task_id: str) -> Read[Record]:
    """The record of a task; raises ``UnknownTask`` and ``Undecodable``."""

    def parse(replies: list[Any]) -> Record:
        if replies[0] is None:
            raise UnknownTask(names.full_name(keys.pool, task_id))
        return decode(replies[0])

    return Read((("HGET", keys.tasks, task_id),), parse)


def _check_found(keys: PoolKeys, task_id: str, standing: Standing) -> None:
    if standing.outcome == "missing":
        raise UnknownTask(names.full_name(keys.pool, task_id))
    if standing.outcome == "newer":
        raise UpgradeNeeded(FORMAT + 1, FORMAT)


def _wrong_state(
    keys: PoolKeys, task_id: str, standing: Standing, command: str, allowed: str
) -> WrongState:
    state = standing.state.label if standing.state else "unreadable"
    return WrongState(names.full_name(keys.pool, task_id), state, command, allowed)
