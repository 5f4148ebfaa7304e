"""Words that these tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import pytest
from redis import Redis

from skedulr import Job, RedisUnavailable, Skedulr, Task
from tests.integration.client.proxy import Proxy
from tests.support.own_server import OwnServer
from tests.support.waiting import await_until

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


async def taken(enqueue: Enqueue, app: Skedulr) -> Task[Any]:
    """A task of a call that has got through: one of a second may find a machine that stands still,
    and says so.
    """
    tasks: list[Task[Any]] = []

    async def gets_through() -> bool:
        with suppress(RedisUnavailable):
            tasks.append(await enqueue(app))
        return bool(tasks)

    await await_until(gets_through, what="a call that gets through")
    return tasks[0]


async def refused_because(reason: str, enqueue: Enqueue, app: Skedulr) -> None:
    """Return once a call has failed for that reason; each fails, and one that finds a machine that
    stands still tells that instead.
    """

    async def is_told() -> bool:
        with pytest.raises(RedisUnavailable) as caught:
            await enqueue(app)
        return reason in str(caught.value)

    await await_until(is_told, what=f"a refusal that tells {reason!r}")


def stored(server: OwnServer, app: Skedulr) -> int:
    """How many tasks the pool `default` holds."""
    client: Any = server.client()
    return int(client.hlen(app.keys("default").tasks))


async def ids_of(tasks: list[Task[Any]]) -> list[int]:
    """The first argument of each task, as Redis holds it."""
    infos = await asyncio.gather(*(task.ainfo() for task in tasks))
    return [(info.args or [None])[0] for info in infos]
