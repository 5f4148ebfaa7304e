"""The processes of a worker as their supervisor knows them: their births and their deaths."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence

from skedulr.app import Skedulr
from skedulr_worker.board import Board, Phase
from skedulr_worker.child import NOT_STARTED, Birth, live
from skedulr_worker.config import WorkerConfig
from skedulr_worker.instance import Instance, PoolSlots, instance_name
from skedulr_worker.locks import Holder, Lock, Locks
from skedulr_worker.orders import Order, OrderWriter

BLOCKED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


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
    ) -> None:
        self.number = number
        self.pid = pid
        self.board = board
        self.instances = instances
        self.solo = solo
        self.lock = lock
        """Held by this process, too, until what it held is given back."""
        self.born = time.monotonic()
        self.status: int | None = None
        self.ended_by_us = False
        self._orders = orders

    def tell(self, order: Order) -> None:
        """Pass an order on."""
        if self.status is None:
            self._orders.send(order)

    def kill(self, *, ended_by_us: bool = False) -> None:
        """End it at once; ``ended_by_us`` where that is not its own fault."""
        self.ended_by_us = self.ended_by_us or ended_by_us
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> bool:
        """Whether it has ended by now."""
        if self.status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # the program's own code has waited for it
                pid, status = self.pid, 0
            if pid == 0:
                return False
            self.status = os.waitstatus_to_exitcode(status)
            self._orders.close()
        return True

    @property
    def has_crashed(self) -> bool:
        """Whether it ended otherwise than in order."""
        return self.board.phase is not Phase.LEFT and not self.ended_by_us

    @property
    def could_not_start(self) -> bool:
        """Whether it ended because a startup hook failed."""
        return self.status == NOT_STARTED and self.board.phase is Phase.STARTING

    @property
    def cause(self) -> str:
        """How it ended, in words."""
        status = self.status or 0
        if status >= 0:
            return f"the worker process exited with {status}"
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"the worker process was killed by {name}"

    def is_overdue(self, patience: float) -> bool:
        """Whether a task has timed out while it kept its event loop from noticing."""
        deadline, tick = self.board.deadline, self.board.tick
        return bool(deadline) and tick < deadline < time.monotonic() - patience

    @property
    def descriptor(self) -> int:
        """The pipe that no other process may hold open."""
        return self._orders.descriptor


def fork(
    app: Skedulr,
    config: WorkerConfig,
    number: int,
    served: Sequence[PoolSlots],
    siblings: Iterable[Child],
    worker: str,
    locks: Locks | None,
) -> Child:
    """Make a worker process; in that process, this never returns.

    A fork, since it shares the memory of all that was imported, and since it knows an app that
    only the running program can name. No event loop may run, and no other thread.
    """
    solo = any(slots.solo for slots in served)
    name = instance_name(config.name, number)
    board = Board([slots.most_held for slots in served])
    instances = [
        Instance(app, name, slots, config.lease_seconds, cell)
        for slots, cell in zip(served, board.cells, strict=True)
    ]
    lock = None
    if locks is not None:
        pools = [slots.pool for slots in served]
        holder = Holder(name, worker, config.name, pools, os.getpid())
        lock = locks.hold_if_possible(holder, app.logger)
    for_child, for_us = os.pipe()
    parent = os.getpid()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    try:
        pid = os.fork()
        if pid == 0:
            for sibling in siblings:
                os.close(sibling.descriptor)
            os.close(for_us)
            if locks is not None:
                locks.keep_only(lock)
            live(Birth(app, config, board, instances, for_child, parent, solo))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(for_child)
    return Child(number, pid, board, instances, OrderWriter(for_us), solo, lock)
