"""What the workers and coordinators that live say of themselves, and whether they may claim."""

from __future__ import annotations

from typing import Any

import msgpack

from skedulr.commands import Read, Steps
from skedulr.commands.base import pairs
from skedulr.keys import RegistryKeys


def read_paused(registry: RegistryKeys) -> Steps[bool]:
    """Whether the whole cluster is paused."""

    def parse(replies: list[Any]) -> bool:
        return bool(int(replies[0] or 0))

    return (yield Read((("HGET", registry.control, "paused"),), parse))  # type: ignore[no-any-return]  # steps are untyped


def read_workers(registry: RegistryKeys) -> Steps[list[dict[str, Any]]]:
    """The reports of all worker processes that live, by name."""
    return (yield _reports(registry.workers, registry.alive))  # type: ignore[no-any-return]  # steps are untyped


def read_coordinators(registry: RegistryKeys) -> Steps[list[dict[str, Any]]]:
    """The reports of all coordinators that live, by name."""
    return (yield _reports(registry.coordinators, registry.coordinating))  # type: ignore[no-any-return]  # steps are untyped


def _reports(told: bytes, counted: bytes) -> Read[list[dict[str, Any]]]:
    """The reports that still count, by name."""

    def parse(replies: list[Any]) -> list[dict[str, Any]]:
        seconds, micros = replies[2]
        now = int(seconds) * 1000 + int(micros) // 1000
        alive = {name for name, until in pairs(replies[1]) if float(until) > now}
        reports = {name: packed for name, packed in pairs(replies[0]) if name in alive}
        return [msgpack.unpackb(reports[name], strict_map_key=False) for name in sorted(reports)]

    calls = (("HGETALL", told), ("ZRANGE", counted, 0, -1, "WITHSCORES"), ("TIME",))
    return Read(calls, parse)
