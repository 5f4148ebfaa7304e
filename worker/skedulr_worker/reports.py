"""What a worker tells of itself, for ``skedulr status``: figures of its processes, slots, loops."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol

import msgpack
import psutil

import skedulr
from skedulr import commands
from skedulr.commands import Command
from skedulr.keys import RegistryKeys
from skedulr.loops import WRONG, Loop, LoopState
from skedulr_worker import claim, clock, sentinel
from skedulr_worker.board import Board
from skedulr_worker.instance import Instance
from skedulr_worker.isolation import nursery

STALLED_AFTER = 60.0
"""Seconds without a sign of life of its event loop after which a process shows as stalled."""

EVERY = 5.0
"""Seconds between two reports, while nothing happens that somebody should hear of at once."""

LOOK_EVERY = 0.5
"""Seconds between two looks whether such a thing has happened: a few words of memory are read."""

TTL_MS = 20_000
"""How long a report counts."""


class Reported(Protocol):
    """A worker process as its report shows it."""

    @property
    def number(self) -> int:
        """Which of the worker's processes it is."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def board(self) -> Board:
        """What it shows of itself."""

    @property
    def instances(self) -> Sequence[Instance]:
        """One for each of its pools."""


class Reporter:
    """Makes the reports of one worker."""

    def __init__(
        self,
        registry: RegistryKeys,
        name: str,
        processes: Callable[[], Iterable[Reported]],
        loops: Sequence[Loop],
    ) -> None:
        self._registry = registry
        self._name = name
        self._processes = processes
        self._loops = loops
        self._started_ms = int(time.time() * 1000)
        self._figures: dict[int, psutil.Process] = {}

    def report(self) -> Command[int]:
        """The command that tells Redis how the worker is."""
        packed = msgpack.packb(self.facts(), unicode_errors="replace")
        return commands.report(self._registry, self._name, packed, TTL_MS)

    def farewell(self) -> Command[int]:
        """The command that takes the report away."""
        return commands.report(self._registry, self._name, b"", TTL_MS)

    def standing(self) -> Hashable:
        """What should be told at once when it has changed: which processes there are, whether they
        are stalled and by what, and loops that hang, fail or do not reach Redis.
        """
        return (
            tuple(
                (process.pid, _state(process), _blocked_by(process), _wrong(loops_of(process)))
                for process in self._processes()
            ),
            _wrong(self._loops),
        )

    def facts(self) -> dict[str, Any]:
        """The report as plain values; times are ms since 1970 by this host's clock."""
        processes = list(self._processes())
        children = [self._child(process) for process in processes]
        known = {process.pid for process in processes} | {os.getpid()}
        self._figures = {pid: kept for pid, kept in self._figures.items() if pid in known}
        return {
            "name": self._name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": skedulr.__version__,
            "python": platform.python_version(),
            "started_ms": self._started_ms,
            "reported_ms": int(time.time() * 1000),
            **self._usage(os.getpid()),
            "pools": _pools(processes),
            "children": children,
            "loops": [loop.facts() for loop in self._loops],
        }

    def _child(self, process: Reported) -> dict[str, Any]:
        return {
            "number": process.number,
            "pid": process.pid,
            "state": _state(process),
            "blocked_by": _blocked_by(process),
            "silent_s": round(max(0.0, _silent(process)), 1),
            "solo": any(instance.served.solo for instance in process.instances),
            "instance": process.instances[0].name if process.instances else "",
            "running": {instance.pool: instance.cell.count for instance in process.instances},
            "loops": [loop.facts() for loop in loops_of(process)],
            **self._usage(process.pid),
        }

    def _usage(self, pid: int) -> dict[str, Any]:
        """Share of one core since the last report, and resident memory."""
        try:
            process = self._figures.get(pid)
            if process is None:
                process = self._figures[pid] = psutil.Process(pid)
            with process.oneshot():
                return {"cpu_percent": process.cpu_percent(), "rss": process.memory_info().rss}
        except psutil.Error:  # it has just ended
            return {"cpu_percent": 0.0, "rss": 0}


def _silent(process: Reported) -> float:
    """Seconds since its event loop came round."""
    return time.monotonic() - process.board.tick if process.board.tick else 0.0


def _state(process: Reported) -> str:
    is_stalled = _silent(process) > STALLED_AFTER
    return "stalled" if is_stalled else process.board.phase.name.lower()


def _blocked_by(process: Reported) -> str | None:
    blocker = process.board.blocker
    return f"{blocker.pool}/{blocker.id}" if blocker else None


def _wrong(loops: Iterable[Loop]) -> tuple[tuple[str, LoopState], ...]:
    """The loops with which something is wrong."""
    states = ((loop.name, loop.state) for loop in loops)
    return tuple((name, state) for name, state in states if state in WRONG)


def loops_of(process: Reported) -> list[Loop]:
    """The loops of a worker process and of those that see to it, as its board shows them."""
    board = process.board
    beside = [
        Loop(sentinel.NAME, sentinel.PATIENCE, board.sentinel),
        Loop(nursery.NAME, nursery.PATIENCE, board.nursery),
    ]
    return [
        Loop("event loop", STALLED_AFTER, board.ticker),
        Loop(clock.NAME, clock.PATIENCE, board.clock),
        *(
            Loop(f"claim {instance.pool}", claim.PATIENCE, instance.cell.claiming)
            for instance in process.instances
        ),
        *(loop for loop in beside if loop.has_begun),
    ]


def _pools(processes: Iterable[Reported]) -> dict[str, dict[str, int]]:
    pools: dict[str, dict[str, int]] = {}
    for process in processes:
        for instance in process.instances:
            counts = pools.setdefault(instance.pool, {"slots": 0, "running": 0})
            counts["slots"] += instance.served.slots
            counts["running"] += instance.cell.count
    return pools
