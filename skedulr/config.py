"""The settings of an app, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypedDict

from skedulr import durations, names
from skedulr import retry as retry_policies
from skedulr.durations import Span
from skedulr.errors import InvalidOption
from skedulr.options import positive_seconds, whole_number

MAX_PAYLOAD: Final = 1024 * 1024
RETENTION: Final = "7d"
TASKS: Final = "give a whole number of tasks, 1 or more"
URL_VARIABLE: Final = "SKEDULR_REDIS_URL"
NAMESPACE_VARIABLE: Final = "SKEDULR_NAMESPACE"


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """What the code declares of a pool; it is stored when a process first uses the pool."""

    max_capacity: int | None = None
    """Unfinished tasks at which a submission is refused; ``None`` says nothing."""

    def __post_init__(self) -> None:
        if self.max_capacity is not None:
            whole_number("max_capacity", self.max_capacity, TASKS)


class Settings(TypedDict, total=False):
    """The options of ``Skedulr``; spans in seconds, timedelta or text."""

    task_timeout: Span | None
    """How long an attempt may take where neither task nor job says it; ``None`` for any time."""
    retry: retry_policies.Policy | int | str | None
    """What follows a failed attempt where neither task nor job says it."""
    history_retention: Span
    """How long ended tasks are kept, 7 days unless given."""
    history_limit: int | None
    """How many ended tasks of a kind a pool keeps, ``None`` for the defaults."""
    max_payload: int
    """Bytes of the packed arguments, and of a packed result, 1 MiB unless given."""
    time_limit: Span
    """After this a call gives up on Redis, 2 s unless given."""
    pools: dict[str, PoolConfig]
    """What the code declares of pools, by name."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of an app, as they were given."""

    namespace: str = "skedulr"
    task_timeout: Span | None = None
    retry: retry_policies.Policy | int | str | None = None
    history_retention: Span = RETENTION
    history_limit: int | None = None
    max_payload: int = MAX_PAYLOAD
    time_limit: Span = 2.0
    pools: dict[str, PoolConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names.namespace(self.namespace)
        if self.retention_ms < 60_000:
            raise InvalidOption(
                "history_retention", self.history_retention, "ended tasks are kept 60 s at least"
            )
        if self.history_limit is not None:
            whole_number("history_limit", self.history_limit, TASKS)
        whole_number("max_payload", self.max_payload, "give a whole number of bytes, 1 or more")
        positive_seconds(self.time_limit, "time_limit")
        if self.task_timeout is not None:
            positive_seconds(self.task_timeout, "task_timeout")
        retry_policies.as_policy(self.retry)
        _check_pools(self.pools)

    @property
    def retention_ms(self) -> int:
        """How long ended tasks are kept."""
        return durations.milliseconds(self.history_retention, "history_retention")

    @property
    def call_seconds(self) -> float:
        """Seconds after which a call gives up on Redis."""
        return durations.seconds(self.time_limit, "time_limit")

    @property
    def timeout(self) -> float | None:
        """Seconds that an attempt may take where neither task nor job says it."""
        return (
            None
            if self.task_timeout is None
            else durations.seconds(self.task_timeout, "task_timeout")
        )

    @property
    def policy(self) -> retry_policies.Policy | None:
        """The retry policy where neither task nor job has one."""
        return retry_policies.as_policy(self.retry)

    def pool_settings(self, pool: str) -> dict[str, int]:
        """What is stored of a pool when a process first uses it: only what the code says."""
        said = {}
        declared = self.pools.get(pool)
        if declared and declared.max_capacity is not None:
            said["capacity"] = declared.max_capacity
        if self.history_retention != RETENTION:
            said["retention"] = self.retention_ms
        if self.history_limit is not None:
            said["history"] = self.history_limit
        return said


def _check_pools(pools: object) -> None:
    if not isinstance(pools, dict) or not all(
        isinstance(declared, PoolConfig) for declared in pools.values()
    ):
        raise InvalidOption("pools", pools, 'give {"mail": PoolConfig(max_capacity=1000)}')
    for name in pools:
        names.pool(name)
