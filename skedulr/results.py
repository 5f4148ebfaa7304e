"""Waiting for the end of tasks without polling: Redis tells a client's inbox.

The ending script pushes the task's id to ``inbox:<client>``. A waiter asks again every half minute
and after each failure, so a message that got lost delays it, and never hangs it. Once it has had an
answer, it waits through outages until the caller's time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import threading
import time
from collections.abc import Iterator
from typing import Final

from skedulr import commands
from skedulr.commands import Ending
from skedulr.errors import RedisUnavailable, ResultTimeout, UnknownTask, UpgradeNeeded
from skedulr.keys import PoolKeys
from skedulr.names import full_name, new_id
from skedulr.record import FORMAT
from skedulr.transport import connection as link
from skedulr.transport.aio import AsyncClient
from skedulr.transport.client import LONGEST_PAUSE, Client
from skedulr.transport.line import Line

ASK_AGAIN: Final = 30.0
"""Seconds after which a waiter asks again, whatever it was told."""

BLOCKED: Final = 5
"""Seconds of one blocking read on an event loop, after which it ends if nobody waits any more."""

CROWDED_PAUSE: Final = 1.0
"""Seconds between questions about a task for which too many clients wait already."""


class Results:
    """Waits in threads: each has an inbox of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names = threading.local()

    def wait(self, keys: PoolKeys, task_id: str, timeout: float | None) -> Ending:
        """How the task ended; raises ``ResultTimeout``, ``UnknownTask``, and ``UpgradeNeeded``
        where only newer versions know how.
        """
        inbox = self._inbox()
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        has_heard = False
        while True:
            try:
                ending = self._client.run(commands.wait(keys, task_id, inbox))
            except RedisUnavailable as error:
                if not (has_heard and _may_pass(error, until - time.monotonic())):
                    raise
                time.sleep(LONGEST_PAUSE)
                continue
            has_heard = True
            if ending.outcome == "ended":
                return ending
            left = _check(ending, keys, task_id, until - time.monotonic(), timeout)
            if ending.outcome == "crowded":
                time.sleep(min(left, CROWDED_PAUSE))
            else:
                self._listen(keys.of("inbox", inbox), task_id, min(left, ASK_AGAIN))

    def _inbox(self) -> str:
        owner, name = getattr(self._names, "inbox", (0, ""))
        if owner != os.getpid():  # a forked child must not take its parent's messages
            name = new_id()
            self._names.inbox = os.getpid(), name
        return str(name)

    def _listen(self, inbox: bytes, task_id: str, seconds: float) -> None:
        """Until the inbox names the task, or the time is over; others that it names were given
        up before.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            told = self._client.pop(inbox, left)
            if told is None or told.decode() == task_id:
                return


class AsyncResults:
    """Waits on an event loop: one inbox, and one blocking read for each pool."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._inbox = new_id()
        self._listeners: dict[bytes, _Listener] = {}
        self._closed = False

    async def wait(
        self,
        keys: PoolKeys,
        task_id: str,
        timeout: float | None,  # noqa: ASYNC109 - it spans several trips
    ) -> Ending:
        """How the task ended; raises as ``Results.wait``."""
        loop = asyncio.get_running_loop()
        until = loop.time() + (math.inf if timeout is None else timeout)
        inbox = keys.of("inbox", self._inbox)
        listener = self._listeners.get(inbox)
        if listener is None:
            listener = self._listeners[inbox] = _Listener(self._client, inbox)
        has_heard = False
        with listener.told(task_id) as told:
            while True:
                told.clear()
                if self._closed:
                    raise link.unavailable(self._client.address, link.Closed("the app was closed"))
                try:
                    ending = await self._client.run(commands.wait(keys, task_id, self._inbox))
                except RedisUnavailable as error:
                    if not (has_heard and _may_pass(error, until - loop.time())):
                        raise
                    await asyncio.sleep(LONGEST_PAUSE)
                    continue
                has_heard = True
                if ending.outcome == "ended":
                    return ending
                left = _check(ending, keys, task_id, until - loop.time(), timeout)
                pause = CROWDED_PAUSE if ending.outcome == "crowded" else ASK_AGAIN
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, pause)):
                        await told.wait()

    async def close(self) -> None:
        """End the blocking reads, and all waiting."""
        self._closed = True
        for listener in self._listeners.values():
            await listener.close()


class _Listener:
    """Reads one inbox while somebody waits, and wakes those whose task it names."""

    def __init__(self, client: AsyncClient, inbox: bytes) -> None:
        self._line = Line(client.address)
        self._inbox = inbox
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._reader: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def told(self, task_id: str) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        self._waiting.setdefault(task_id, set()).add(event)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(), name="skedulr inbox")
        try:
            yield event
        finally:
            events = self._waiting[task_id]
            events.discard(event)
            if not events:
                del self._waiting[task_id]

    async def close(self) -> None:
        self._wake_all()
        reader = self._reader
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        await self._line.close()

    async def _read(self) -> None:
        try:
            while self._waiting:
                await self._read_one()
        finally:
            self._reader = None  # which holds on to the event loop

    async def _read_one(self) -> None:
        limit = BLOCKED + self._line.address.time_limit
        try:
            reply = await self._line.call(link.pack("BLPOP", self._inbox, BLOCKED), limit)
        except link.FAILURES as error:
            self._line.leave_past(error)
            self._wake_all()  # what was told meanwhile is lost: everybody asks again
            await asyncio.sleep(LONGEST_PAUSE)
        else:
            if reply is not None:
                self._wake(reply[1].decode())

    def _wake(self, task_id: str) -> None:
        for event in self._waiting.get(task_id, ()):
            event.set()

    def _wake_all(self) -> None:
        for task_id in self._waiting:
            self._wake(task_id)


def _may_pass(error: RedisUnavailable, left: float) -> bool:
    """Whether an outage is waited out: it is within a time that the caller has named, and not for
    ever; a server that refuses the login, and an app that was closed, stay as they are.
    """
    return 0 < left < math.inf and not (error.__cause__ and link.is_final(error.__cause__))


def _check(
    ending: Ending, keys: PoolKeys, task_id: str, left: float, timeout: float | None
) -> float:
    """The seconds left to wait; raises where waiting on is in vain."""
    name = full_name(keys.pool, task_id)
    if ending.outcome == "missing":
        raise UnknownTask(name)
    if ending.outcome == "newer":
        raise UpgradeNeeded(FORMAT + 1, FORMAT)
    if left <= 0 and timeout is not None:
        raise ResultTimeout(name, timeout)
    return left
