"""The processes of a worker as their supervisor knows them: their births and their deaths."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from skedulr.app import Skedulr
from skedulr_worker.board import BLOCKED_AFTER, Blocker, Board, Phase
from skedulr_worker.child import Birth, live
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import Instance, PoolSlots, instance_name
from skedulr_worker.isolation import nursery
from skedulr_worker.isolation.deaths import Death, death_of
from skedulr_worker.isolation.oom import OomCounter
from skedulr_worker.isolation.stderr import StderrRelay
from skedulr_worker.lock import Holder, Lock
from skedulr_worker.locks import Locks
from skedulr_worker.orders import Order, OrderWriter
from skedulr_worker.pipes import Pipes
from skedulr_worker.pools import isolated_jobs, job_slots
from skedulr_worker.sentinel import KNOWN_AFTER
from skedulr_worker.vigil import Silence

WHAT: Final = "the worker process"
NURSERY_PATIENCE: Final = 2.0
"""Seconds in which the nursery of a dead process must have ended its job processes."""

BLOCKED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Child:
    """A process that was forked; ``status`` is how it ended."""

    def __init__(
        self,
        number: int,
        pid: int,
        board: Board,
        instances: Sequence[Instance],
        orders: OrderWriter,
        solo: bool,
        lock: Lock | None,
        nursery: int | None,
        stderr: StderrRelay | None,
    ) -> None:
        self.number = number
        self.pid = pid
        self.board = board
        self.instances = instances
        self.solo = solo
        self.lock = lock
        """Held by this process, too, until what it held is given back."""
        self.stderr = stderr
        """What it writes to stderr, where that is to stand in the record of a crash."""
        self.born = time.monotonic()
        self.status: int | None = None
        self.ended_by_us = False
        self.guilty: Blocker | None = None
        """The task because of which it was killed."""
        self.is_replaced = False
        """Whether another process has taken its place while it lived."""
        self._orders = orders
        self._asked_at = 0.0
        """When it was told of a cancelled task, and has not come round since."""
        self._asked: Blocker | None = None
        self._nursery = nursery
        """Process id of the nursery of its job processes, ``None`` where none lives."""
        self._silence = Silence()
        self._died_at = 0.0
        self._for_memory = False
        self._last_words = ""
        self._oom = OomCounter() if solo else None

    def tell(self, order: Order) -> None:
        """Pass an order on."""
        if self.status is None:
            self._orders.send(order)
            if order.cancelled and self._asked_at <= self.board.tick:
                self._asked_at = time.monotonic()
                self._asked = Blocker(order.pool, order.cancelled[0][0], 0.0)

    def hang_up(self) -> None:
        """Let it know that the terminal has closed; the kernel tells that not to all."""
        if self.status is None:
            os.kill(self.pid, signal.SIGHUP)
        if self._nursery is not None:
            os.kill(self._nursery, signal.SIGHUP)

    def kill(self, *, ended_by_us: bool = False) -> None:
        """End it at once; ``ended_by_us`` where that is not its own fault."""
        self.ended_by_us = self.ended_by_us or ended_by_us
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> bool:
        """Whether it has ended by now, and with it all that ran its tasks."""
        if self.status is None:
            self.status = _status_of(self.pid)
            if self.status is not None:
                self._note_death()
        if self._nursery is not None and _status_of(self._nursery) is not None:
            self._nursery = None
        if self.status is None or self._nursery is None:
            return self.status is not None
        if time.monotonic() - self._died_at > NURSERY_PATIENCE:
            os.kill(self._nursery, signal.SIGKILL)  # its job processes die with it
        return False

    def _note_death(self) -> None:
        self._died_at = time.monotonic()
        self._orders.close()
        if self._oom is not None:
            self._for_memory = self._oom.has_risen()
        if self.stderr is not None:
            self._last_words = self.stderr.last_words()

    @property
    def served(self) -> Sequence[PoolSlots]:
        """The pools that it serves."""
        return [instance.served for instance in self.instances]

    @property
    def has_crashed(self) -> bool:
        """Whether it ended otherwise than in order."""
        return self.board.phase is not Phase.LEFT and not self.ended_by_us

    @property
    def has_failed(self) -> bool:
        """Whether it ended by itself before it could work, as where a startup hook fails."""
        return self.board.phase is Phase.STARTING and self.status != -signal.SIGKILL

    @property
    def death(self) -> Death:
        """How it ended."""
        death = death_of(
            self.status or 0, what=WHAT, for_memory=self._for_memory, stderr=self._last_words
        )
        if self.guilty is None:
            return death
        what = "would not stop" if self.board.stuck else "blocked it beyond its time-out"
        text = f"{WHAT} was killed: the task {what}"
        return replace(death, cause="timeout", text=text)

    def is_overdue(self, patience: float, awake: float) -> bool:
        """Whether a task goes on after its time-out and keeps its event loop from doing anything
        about that: the one that blocks it, or where nobody knows which that is, any. ``awake`` is
        what a vigil counts: it is to be asked again and again, and only what it was seen not to do
        is held against it.
        """
        now, tick, blocker = time.monotonic(), self.board.tick, self.board.blocker
        silent = self._silence.seconds(tick, awake)
        if not tick or silent <= BLOCKED_AFTER:
            return False
        if blocker is not None:
            return 0 < blocker.deadline < now - patience
        return silent > KNOWN_AFTER and tick < self.board.deadline < now - patience

    def is_stuck(self, patience: float, awake: float) -> bool:
        """Whether a suspect, which has this process for itself, goes on after it was to stop: as
        the process says, or since it hears nothing. ``awake`` is as in ``is_overdue``.
        """
        silent = self._silence.seconds(self.board.tick, awake)
        is_deaf = self._is_deaf and silent > max(patience, BLOCKED_AFTER)
        return is_deaf or self.board.stuck is not None

    @property
    def _is_deaf(self) -> bool:
        """Whether the one that it runs alone was cancelled, and keeps it from hearing of that."""
        return self.solo and self.board.tick < self._asked_at

    def execute(self) -> None:
        """Kill it because of the task that is stuck in it, or blocks it."""
        known = self.board.stuck or self.board.blocker
        self.guilty = known or (self._asked if self._is_deaf else None)
        self.kill()

    @property
    def descriptor(self) -> int:
        """The pipe that no other process may hold open."""
        return self._orders.descriptor


def _status_of(pid: int) -> int | None:
    """How a process of ours has ended, ``None`` where it has not."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # the program's own code has waited for it
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


def fork(
    app: Skedulr,
    config: WorkerConfig,
    number: int,
    served: Sequence[PoolSlots],
    private: Sequence[int],
    worker: str,
    locks: Locks | None,
) -> Child:
    """Make a worker process; in that process, this never returns.

    A fork, since it shares the memory of all that was imported, and since it knows an app that
    only the running program can name. No event loop may run, and no other thread. ``private`` are
    descriptors that no new process may hold open.
    """
    solo = any(slots.solo for slots in served)
    name = instance_name(config.name, number)
    board = Board([slots.most_held for slots in served])
    instances = [
        Instance(app, name, slots, config.lease_seconds, cell)
        for slots, cell in zip(served, board.cells, strict=True)
    ]
    holder = Holder(name, worker, config.name, [slots.pool for slots in served], os.getpid())
    lock = locks.hold_if_possible(holder, app.logger) if locks is not None else None

    def let_go() -> None:
        """In a new process: nobody else may hold open what belongs to the others."""
        for descriptor in private:
            os.close(descriptor)
        if locks is not None:
            locks.keep_only(lock)

    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    nursery_pid = None
    try:
        way, nursery_pid = _nursery(app, config, served, board, let_go)
        try:
            pipes = Pipes(stderr=solo)  # a crash is charged there, and its record tells all of it
            parent = os.getpid()
            pid = _forked(pipes)
            if pid == 0:
                let_go()
                pipes.let_go_in_process()
                orders, mouth = pipes.orders, pipes.mouth
                live(Birth(app, config, board, instances, orders, way, parent, solo, mouth))
        finally:
            if way is not None:
                way.close()  # without a worker process, the nursery ends
    except OSError:
        _drop(locks, lock)
        if nursery_pid is not None:
            _end(nursery_pid)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    pipes.let_go_in_supervisor()
    writer = OrderWriter(pipes.order_writing)
    return Child(number, pid, board, instances, writer, solo, lock, nursery_pid, pipes.relay)


def _forked(pipes: Pipes) -> int:
    try:
        return os.fork()
    except OSError:
        pipes.close()
        raise


def _end(pid: int) -> None:
    """End a nursery for which there is no worker process, and leave no trace of it."""
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _drop(locks: Locks | None, lock: Lock | None) -> None:
    """No process was made that it would be for."""
    if locks is not None and lock is not None:
        locks.drop(lock)


def _nursery(
    app: Skedulr,
    config: WorkerConfig,
    served: Sequence[PoolSlots],
    board: Board,
    let_go: Callable[[], None],
) -> tuple[socket.socket, int] | tuple[None, None]:
    """A process that makes processes for jobs that wish for them, and the way to it."""
    if not isolated_jobs(app):
        return None, None
    for_child, for_nursery = socket.socketpair()
    with for_nursery:
        pid = os.fork()
        if pid == 0:
            let_go()
            for_child.close()
            nursery.live(app, for_nursery, job_slots(config, served), board.nursery)
    return for_child, pid
