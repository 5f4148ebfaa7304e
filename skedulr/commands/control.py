"""What an operator says, and what worker processes report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from skedulr.commands.base import Command, listed_keys, packed
from skedulr.keys import PoolKeys, RegistryKeys


class PoolSettings(NamedTuple):
    """The settings of a pool after a change; -1 is no limit."""

    paused: bool
    limit: int
    capacity: int
    slots: int
    """How many tasks the live instances can run at once."""
    running: int


def control(
    keys: PoolKeys,
    changes: Mapping[str, int] | None = None,
    *,
    version: int = 0,
    job_limits: Mapping[str, int] | None = None,
) -> Command[PoolSettings]:
    """Change settings: ``paused`` (with its version), ``pool_paused``, ``limit``, ``capacity``,
    ``history``, ``retention``.
    """
    args = (version, packed(dict(changes or {})), packed(dict(job_limits or {})))
    return Command(
        "control",
        listed_keys("control", keys),
        args,
        lambda reply: PoolSettings(reply[0] == 1, *reply[1:]),
    )


def pause(keys: RegistryKeys, paused: bool) -> Command[int]:
    """Set the cluster's pause; answers its version, which every pool then copies."""
    return Command("pause", (keys.control,), (1 if paused else 0,), int)


def report(
    keys: RegistryKeys, name: str, packed: bytes, ttl_ms: int, *, coordinator: bool = False
) -> Command[int]:
    """Tell what a worker process, or a coordinator, is and does; empty ``packed`` when it leaves.
    Answers how many of its kind report.
    """
    places = (keys.coordinators, keys.coordinating) if coordinator else (keys.workers, keys.alive)
    return Command("report", places, (name, packed, ttl_ms), int)


def tell_job(keys: RegistryKeys, job: str, packed: bytes, ttl_ms: int) -> Command[int]:
    """Tell what the code of a worker says of a job; empty ``packed`` where it says nothing. Answers
    of how many jobs something is told.
    """
    return Command("report", (keys.jobs, keys.telling), (job, packed, ttl_ms), int)
