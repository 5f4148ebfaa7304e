"""A worker inside a running program: ``async with app.worker(): …``.

Its heartbeats and sweeps run in a thread with an event loop of their own, so that the program's
loop may be blocked as long as it likes. Tasks that had to run alone run here beside others, and
jobs that wish for processes of their own run in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from skedulr.app import Skedulr
from skedulr.errors import ConfigurationError, SkedulrError
from skedulr.loops import Loop
from skedulr.transport.aio import AsyncClient
from skedulr.transport.contact import Contact
from skedulr_worker.arrival import arrive
from skedulr_worker.board import Board, Phase
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import Instance, PoolSlots, instance_name
from skedulr_worker.keeper import Keeper
from skedulr_worker.lock import Holder
from skedulr_worker.locks import Locks
from skedulr_worker.orders import Order
from skedulr_worker.pools import isolated_jobs, served_pools
from skedulr_worker.worker import LOUD, Worker

SUSPECTS_EVERY: Final = 0.5
"""Seconds between two looks whether tasks wait that must run alone."""

LINGER_EVERY: Final = 0.2


@contextlib.asynccontextmanager
async def worker_in(app: Skedulr, **options: Any) -> AsyncIterator[None]:
    """Run a worker on this event loop until the context ends; then finish within the grace.

    ``options`` are those of ``WorkerConfig`` but ``processes``. Raises ``ConfigurationError``,
    ``RedisUnavailable`` where Redis is not there within the app's time limit, ``RedisUnsuitable``.
    """
    if options.pop("processes", 1) != 1:
        raise ConfigurationError("a worker inside a program is one process; leave out processes")
    for option in ("max_tasks_per_child", "max_memory_per_child", "job_processes"):
        if options.get(option) is not None:
            raise ConfigurationError(
                f"a worker inside a program has no processes of its own; leave out {option}"
            )
    config = WorkerConfig.of("worker()", options)
    inside = _Inside(app, config)
    await inside.start()
    try:
        yield
    finally:
        await inside.stop()


class _Part:
    """The regular or the solo side of the worker, as its keeper knows it."""

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        number: int,
        served: Sequence[PoolSlots],
        locks: Locks | None,
        worker: str = "",
    ) -> None:
        self.number = number
        self.pid = os.getpid()
        self.board = Board([slots.most_held for slots in served])
        name = instance_name(config.name, number)
        self.lock = None
        if locks is not None:
            pools = [slots.pool for slots in served]
            holder = Holder(name, worker or name, config.name, pools, self.pid)
            self.lock = locks.hold_if_possible(holder, app.logger)
        self.instances = [
            Instance(app, name, slots, config.lease_seconds, cell)
            for slots, cell in zip(served, self.board.cells, strict=True)
        ]
        self._loop = asyncio.get_running_loop()
        self.worker = Worker(app, config, self.board, self.instances, LOUD)

    def tell(self, order: Order) -> None:
        """Called in the keeper's thread."""
        with contextlib.suppress(RuntimeError):  # the program's loop is closed
            self._loop.call_soon_threadsafe(self.worker.obey, order)


class _Inside:
    def __init__(self, app: Skedulr, config: WorkerConfig) -> None:
        self._app = app
        self._config = config
        self._served = served_pools(app, config, isolating=False)
        self._parts: list[_Part] = []
        self._watch: asyncio.Task[None] | None = None
        self._watching = Loop("suspects")
        self._thread: _KeeperThread | None = None
        self._locks = Locks.of(app, config)
        self._has_said = False

    async def start(self) -> None:
        client = AsyncClient(self._app.address)
        try:
            await arrive(self._app, client, self._served, self._config)
        finally:
            await client.close()
        if isolated := isolated_jobs(self._app):
            self._say_what_is_missing(
                "jobs that wish for processes of their own run in threads here, where nothing can"
                f" stop them: {', '.join(isolated)}"
            )
        regular = _Part(self._app, self._config, 1, self._served, self._locks)
        self._parts.append(regular)
        try:
            await regular.worker.start()
        except BaseException:  # a startup hook has failed
            if self._locks is not None and regular.lock is not None:
                self._locks.drop(regular.lock)
            raise
        self._thread = _KeeperThread(
            self._app, self._config, self._parts, self._watching, self._locks
        )
        self._thread.start()
        self._watch = asyncio.create_task(self._watch_suspects(), name="skedulr suspects")

    async def stop(self) -> None:
        assert self._watch is not None
        assert self._thread is not None
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        grace = self._config.grace_seconds
        finished = await asyncio.gather(*(part.worker.stop(grace) for part in self._parts))
        if not all(finished):
            self._app.logger.warning(
                "jobs still run in threads, which cannot be stopped; their tasks go back later"
            )
        self._thread.finish()
        if all(finished):
            await asyncio.to_thread(self._thread.join)

    def _say_what_is_missing(self, what: str) -> None:
        """Once: the first time that it makes a difference."""
        if not self._has_said:
            self._has_said = True
            self._app.logger.warning(
                "a worker inside a program has no processes of its own: %s; and whatever crashes"
                " takes the program along. Run `skedulr worker` for processes",
                what,
            )

    async def _watch_suspects(self) -> None:
        """Tasks that wait for a process of their own have no other place here."""
        served = {slots.pool for slots in self._served}
        while True:
            self._watching.turn()
            await asyncio.sleep(SUSPECTS_EVERY)
            waiting = {
                instance.pool
                for part in self._parts
                for instance in part.instances
                if instance.cell.suspects
            } & served
            if waiting:
                self._say_what_is_missing(
                    "tasks that were lost twice in a row run one at a time here, beside all others"
                )
                served -= waiting
                alone = [PoolSlots(pool, 1, solo=True) for pool in sorted(waiting)]
                name = self._parts[0].instances[0].name
                part = _Part(
                    self._app, self._config, len(self._parts) + 1, alone, self._locks, name
                )
                self._parts.append(part)
                await part.worker.start(hooks=False)


class _KeeperThread(threading.Thread):
    """Runs the keeper until nothing of the worker can still run, then leaves the pools."""

    def __init__(
        self,
        app: Skedulr,
        config: WorkerConfig,
        parts: Sequence[_Part],
        watching: Loop,
        locks: Locks | None,
    ) -> None:
        super().__init__(name="skedulr keeper", daemon=True)
        self._app = app
        self._config = config
        self._parts = parts
        self._watching = watching
        self._locks = locks
        self._loop = asyncio.new_event_loop()
        self._finished = asyncio.Event()

    def finish(self) -> None:
        """The worker has stopped; threads of it may go on."""
        self._loop.call_soon_threadsafe(self._finished.set)

    def run(self) -> None:
        """In the thread."""
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._keep())

    def _note_failure(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            self._app.logger.critical(
                "the heartbeat of the worker in this program has failed: it loses its tasks",
                exc_info=error,
            )

    async def _keep(self) -> None:
        client = AsyncClient(self._app.address)
        contact = Contact(self._app.logger, self._app.address.url)
        name = self._parts[0].instances[0].name
        parts = self._parts
        keeper = Keeper(
            self._app, self._config, client, contact, name, lambda: list(parts), self._locks
        )
        keeper.loops.append(self._watching)
        running = asyncio.create_task(keeper.run(), name="skedulr keeper")
        running.add_done_callback(self._note_failure)
        await self._finished.wait()
        while any(part.worker.used for part in self._parts):  # noqa: ASYNC110 - in another thread
            await asyncio.sleep(LINGER_EVERY)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await keeper.leave()
        for part in self._parts:
            for instance in part.instances:
                with contextlib.suppress(SkedulrError):  # then its lease runs out
                    while (await client.run(instance.leave(crashed=False))).more:
                        pass
            part.board.phase = Phase.LEFT
            if self._locks is not None and part.lock is not None:
                self._locks.drop(part.lock)
        await client.close()
