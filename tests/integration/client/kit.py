"""Words that these tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from redis import Redis

from skedulr import Job, Skedulr, Task
from tests.integration.client.proxy import Proxy
from tests.support.own_server import OwnServer

Add: TypeAlias = Job[..., int]
"""The job of the fixture `job`: the sum of one or two numbers."""

MakeProxy: TypeAlias = Callable[[str], Proxy]


def calls_of(client: Redis, *names: str) -> int:
    """How often these commands have run on the server since it started."""
    stats: Any = client.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in names)


StartServer: TypeAlias = Callable[..., OwnServer]
Enqueue: TypeAlias = Callable[..., Coroutine[Any, Any, Task[Any]]]


async def sync_enqueue(app: Skedulr, *args: Any) -> Task[Any]:
    return app.enqueue("add", args)


async def async_enqueue(app: Skedulr, *args: Any) -> Task[Any]:
    return await app.aenqueue("add", args)


def stored(server: OwnServer, app: Skedulr) -> int:
    """How many tasks the pool `default` holds."""
    client: Any = server.client()
    return int(client.hlen(app.keys("default").tasks))


async def ids_of(tasks: list[Task[Any]]) -> list[int]:
    """The first argument of each task, as Redis holds it."""
    infos = await asyncio.gather(*(task.ainfo() for task in tasks))
    return [(info.args or [None])[0] for info in infos]
