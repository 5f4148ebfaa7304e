"""Waiting for results in tests, sync and async, and seeing that Redis knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from skedulr import Task
from tests.support.own_server import OwnServer
from tests.support.servers import Server

T = TypeVar("T")
PATIENT = 60
"""Seconds that no test takes unless a waiter hangs."""
SOON = 15
"""Seconds until a waiter that was told must have heard of it; it would ask by itself after 30."""

Result: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]


async def sync_result(task: Task[Any], patience: Any = PATIENT) -> Any:
    return await asyncio.to_thread(task.result, patience)


async def async_result(task: Task[Any], patience: Any = PATIENT) -> Any:
    return await task.aresult(patience)


def blocked(server: Server | OwnServer) -> int:
    """How many clients wait for a message."""
    facts: Any = server.client().info("clients")
    return int(facts["blocked_clients"])


async def begun(
    server: Server | OwnServer, waiting: Coroutine[Any, Any, T], clients: int = 1
) -> asyncio.Task[T]:
    """Begin to wait, and return once Redis has so many clients waiting."""
    waiter = asyncio.create_task(waiting)
    while blocked(server) < clients:
        assert not waiter.done(), waiter.result()
        await asyncio.sleep(0.005)
    return waiter


async def soon(*waiters: asyncio.Task[Any]) -> Any:
    """What the waiters got, before they would have asked without having been told."""
    async with asyncio.timeout(SOON):
        got = await asyncio.gather(*waiters)
    return got[0] if len(got) == 1 else got
