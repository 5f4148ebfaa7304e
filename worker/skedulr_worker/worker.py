"""A worker within one event loop: all that one process does for its pools."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import socket
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Final, NamedTuple

import psutil

from skedulr.app import Hook, Skedulr
from skedulr.commands import MOST_TASKS
from skedulr.loops import Loop
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker import clock
from skedulr_worker.board import Board, Phase
from skedulr_worker.claim import ClaimLoop
from skedulr_worker.clock import RedisClock
from skedulr_worker.config import WorkerConfig
from skedulr_worker.context import Attempt, Stop
from skedulr_worker.deadlines import Deadlines
from skedulr_worker.inputs import Inputs
from skedulr_worker.instance import Instance
from skedulr_worker.isolation.link import NurseryLink
from skedulr_worker.isolation.stderr import Mouth
from skedulr_worker.lifetime import FOR_EVER, Lifetime
from skedulr_worker.middleware import Recovery, chain_of
from skedulr_worker.orders import CLAIMS, Order
from skedulr_worker.patience import Patience
from skedulr_worker.plans import plans_of
from skedulr_worker.pools import job_slots
from skedulr_worker.running import Running
from skedulr_worker.telling import Telling
from skedulr_worker.verdicts import Verdicts

LOUD: Final = logging.WARNING
"""The level of the log line for Redis being away."""

QUIET: Final = logging.DEBUG
"""The same where a supervisor says it for all its processes."""

TICK: Final = 1.0
"""Seconds between two signs of life of the event loop."""

IDLE_EVERY: Final = 0.02
"""Seconds between two looks whether a process that goes has nothing more to do."""

CANCEL_PATIENCE: Final = 1.0
"""Seconds that cancelled coroutines get to clean up before the worker leaves."""

DRAIN_PATIENCE: Final = 5.0
"""Seconds in which the last acknowledgements must reach Redis, before others take over."""


class _Pool(NamedTuple):
    """One pool of a worker."""

    claims: ClaimLoop
    running: Running
    telling: Telling


class Worker:
    """Serves pools on the running event loop, from ``start`` to ``stop``."""

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        board: Board,
        instances: Sequence[Instance],
        level: int,
        nursery: socket.socket | None = None,
        lifetime: Lifetime = FOR_EVER,
        stderr: Mouth | None = None,
        is_alone: bool = False,
    ) -> None:
        self.board = board
        self._app = app
        self._config = config
        self._instances = instances
        self._loop = asyncio.get_running_loop()
        self._client = AsyncClient(app.address)
        self._clock = RedisClock(
            self._client, self._loop, Loop(clock.NAME, clock.PATIENCE, board.clock)
        )
        self._contact = Contact(app.logger, app.address.url, level)
        self._deadlines = Deadlines(self._loop, self._expire, self._show_deadline)
        self._background: set[asyncio.Future[Any]] = set()
        self._pools: dict[str, _Pool] = {}
        self._stopped_early = asyncio.Event()
        self.done = asyncio.Event()
        """Whether the process has done its share, and another one should take its place."""
        self.idle = asyncio.Event()
        """Whether nothing runs any more in a process that has done its share."""
        self._lifetime = lifetime
        self._is_alone = is_alone
        """Whether a process of its own runs one suspect at a time, so that it may end with it."""
        self._stderr = stderr
        """Where it is to be told which attempt has written what."""
        self._begun = 0
        """Tasks that have begun in this process itself."""
        self._hooks = True
        self._nursery: NurseryLink | None = None
        if nursery is not None:
            slots = job_slots(config, [instance.served for instance in instances])
            self._nursery = NurseryLink(self._loop, nursery, slots, self._lose_nursery)

    async def start(self, *, hooks: bool = True) -> None:
        """Call the startup hooks, then claim; raises what a hook raises."""
        self._hooks = hooks
        if hooks:
            for hook in self._app.startup_hooks:
                await _call(hook)
        plans, chain = plans_of(self._app), chain_of(self._app.middlewares)
        verdicts = Verdicts(Recovery(self._app, self._spawn), self._app.config, self._app.logger)
        for instance in self._instances:
            telling = Telling(instance.keys, self._client, self._clock, self._loop)
            claims = ClaimLoop(
                instance, self._client, self._clock, self._contact, telling, self._app.logger
            )
            running = Running(
                claims,
                plans,
                Inputs(self._client, self._app.keys(instance.pool)),
                telling,
                self._deadlines,
                verdicts,
                chain,
                self._app.logger,
                self._config.thread_limit,
                self._note_begin,
            )
            if self._is_alone:
                running.patience = Patience(
                    self._loop, self.board, self._config.overdue_seconds, self.retire
                )
            if self._nursery is not None:
                running.isolate(self._loop, self._nursery, self._config)
            self._pools[instance.pool] = _Pool(claims, running, telling)
            claims.begin(running.take, running.count, self._room)
        self._spawn(self._clock.run())
        self._spawn(self._tick())
        self.board.phase = Phase.WORKING

    @property
    def used(self) -> int:
        """How many slots are taken in all pools."""
        return sum(pool.running.count() for pool in self._pools.values())

    def obey(self, order: Order) -> None:
        """Carry out what a heartbeat has brought."""
        pool = self._pools.get(order.pool)
        if order.kind != CLAIMS or pool is None:
            return
        pool.running.lose(order.lost)
        pool.running.cancel(order.cancelled)
        if order.ask:
            pool.claims.ask()

    def retire(self) -> None:
        """Claim nothing more, and have another process come; what runs may take its time."""
        if self.done.is_set() or self.board.phase is not Phase.WORKING:
            return
        self.board.phase = Phase.RETIRING
        for pool in self._pools.values():
            pool.claims.stop()
        self.done.set()
        self._spawn(self._await_idleness())

    async def _await_idleness(self) -> None:
        while self.used:  # noqa: ASYNC110 - the last of many pools' tasks is no event of its own
            await asyncio.sleep(IDLE_EVERY)
        self.idle.set()

    def _room(self) -> int:
        """How many tasks may still begin in this process."""
        most = self._lifetime.tasks
        return max(0, most - self._begun) if most else MOST_TASKS

    def _note_begin(self) -> None:
        self._begun += 1
        if self._stderr is not None:
            self._stderr.begin()
        if self._lifetime.tasks and self._begun == self._lifetime.tasks:
            self._loop.call_soon(self.retire)

    def _look_at_memory(self) -> None:
        """A process that takes too much memory goes, once it has done anything at all."""
        if self._lifetime.memory and self._begun:
            rss = psutil.Process().memory_info().rss
            if self._lifetime.is_over(0, rss):
                self._app.logger.info("process %d takes %d bytes and is replaced", os.getpid(), rss)
                self._begun = 0
                self.retire()

    def attempt_of(self, task: asyncio.Task[Any]) -> Attempt | None:
        """The attempt that an asyncio task runs; may be asked from any thread."""
        running = (pool.running for pool in list(self._pools.values()))
        attempts = (attempt for each in running for attempt in each.attempts())
        return next((attempt for attempt in attempts if attempt.task is task), None)

    def hurry(self) -> None:
        """Let nothing more finish: ``stop`` goes on to its end."""
        self._stopped_early.set()

    async def stop(self, grace: float) -> bool:
        """Claim no more, finish for up to ``grace`` seconds, hand back the rest, and call the
        shutdown hooks; answers whether nothing runs any more.
        """
        self.board.phase = Phase.STOPPING
        for pool in self._pools.values():
            pool.claims.stop()
            pool.running.withdraw_waiting()
        await self._idle(grace)
        self._stop_all()
        self._stopped_early.clear()
        await self._idle(CANCEL_PATIENCE)
        await self._drain()
        await self._end_processes()
        finished = self.used == 0
        if self._hooks:
            for hook in self._app.shutdown_hooks:
                await self._call_safely(hook)
        await self._close()
        return finished

    async def _idle(self, seconds: float) -> None:
        """Until nothing runs, or the time is over, or somebody is in a hurry."""
        until = time.monotonic() + seconds
        while (  # noqa: ASYNC110 - the last of many pools' tasks is no event of its own
            self.used and not self._stopped_early.is_set() and time.monotonic() < until
        ):
            await asyncio.sleep(0.01)

    def _stop_all(self) -> None:
        for pool in self._pools.values():
            for attempt in pool.running.attempts():
                pool.running.stop(attempt, Stop.RELEASE)

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_PATIENCE):
                await asyncio.gather(*(pool.claims.drain() for pool in self._pools.values()))
        except TimeoutError:
            self._app.logger.warning(
                "the last acknowledgements did not reach Redis; their tasks run again elsewhere"
            )

    async def _end_processes(self) -> None:
        executors = [pool.running.processes for pool in self._pools.values()]
        await asyncio.gather(*(each.close() for each in executors if each is not None))

    def _lose_nursery(self) -> None:
        """Without it there are no job processes: another worker process has to come."""
        self._app.logger.error("the nursery of the job processes has died")
        self.retire()
        for pool in self._pools.values():
            pool.running.withdraw_waiting()

    async def _close(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
        self._deadlines.close()
        for pool in self._pools.values():
            await pool.claims.close()
            await pool.telling.close()
            pool.running.threads.close()
        for future in self._background:
            future.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._client.close()

    def _expire(self, attempt: Any) -> None:
        self._pools[attempt.pool].running.expire(attempt)

    def _show_deadline(self, moment: float) -> None:
        self.board.deadline = moment

    async def _tick(self) -> None:
        ticker = Loop("event loop", mark=self.board.ticker)
        while True:
            ticker.turn()
            self._look_at_memory()
            await asyncio.sleep(TICK)

    def _spawn(self, awaitable: Awaitable[Any]) -> None:
        future = asyncio.ensure_future(awaitable)
        self._background.add(future)
        future.add_done_callback(self._background.discard)

    async def _call_safely(self, hook: Hook) -> None:
        try:
            await _call(hook)
        except Exception:
            self._app.logger.exception("a shutdown hook failed")


async def _call(hook: Hook) -> None:
    answer = hook()
    if inspect.isawaitable(answer):
        await answer
