"""Words that these tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from redis import Redis

from skedulr import Job, Skedulr
from tests.integration.client.proxy import Proxy

Add: TypeAlias = Job[..., int]
"""The job of the fixture `job`: the sum of one or two numbers."""

MakeApp: TypeAlias = Callable[..., Skedulr]
MakeProxy: TypeAlias = Callable[[str], Proxy]


def calls_of(client: Redis, *names: str) -> int:
    """How often these commands have run on the server since it started."""
    stats: Any = client.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in names)
