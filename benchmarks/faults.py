"""What is done to a peer amid its tasks, and what becomes of these."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.theatre import Theatre, harness

AWAY: Final = 1.0
"""Seconds for which the server is away."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one fault did to one peer."""

    running: int
    """Tasks that ran when it came."""
    first: float | None
    """Seconds until the first of them ran again; ``None`` where none did in time."""
    last: float | None
    """Seconds until the last of them did; ``None`` where not all did in time."""
    lost: int
    again: int
    """Live tasks that were executed again."""


def kill_child(theatre: Theatre, options: argparse.Namespace) -> Outcome:
    theatre.begin()
    [worker] = [each.pid for each in theatre.stage._processes[1:]]
    children = [pid for pid in harness("procstat").session_pids(worker) if pid != worker]
    if not children:
        raise LookupError("one process")
    running = theatre.running()
    killed = time.monotonic()
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return after_death(theatre, running, killed, options.wait)


def kill_worker(theatre: Theatre, options: argparse.Namespace) -> Outcome:
    theatre.begin()
    theatre.stage.kill_workers()
    running, killed = theatre.running(), time.monotonic()
    theatre.stage.start_workers()
    return after_death(theatre, running, killed, options.wait)


def lose_host(theatre: Theatre, options: argparse.Namespace) -> Outcome:
    processes = theatre.begin_on_two_hosts()
    killed = time.monotonic()
    for pid in [pid for each in processes for pid in harness("procstat").session_pids(each.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in processes:
        process.wait()
        theatre.stage._processes.remove(process)
    return after_death(theatre, None, killed, options.wait)


def after_death(theatre: Theatre, running: set[int] | None, killed: float, wait: float) -> Outcome:
    """What became of the tasks that ran when it came; ``None``: of those that it cut short, whose
    start is never followed by an end.
    """
    theatre.wait_for_the_end(killed + wait)
    if running is None:
        running = theatre.running()
    records = theatre.records()
    starts = [records[i].latest_start - killed for i in running if records[i].starts > 1]
    return Outcome(
        len(running),
        min(starts) if starts else None,
        max(starts) if starts and len(starts) == len(running) else None,
        sum(not record.ends for record in records),
        sum(record.starts > 1 for i, record in enumerate(records) if i not in running)
        + sum(records[i].ends > 1 for i in running),
    )


def restart_redis(theatre: Theatre, options: argparse.Namespace) -> Outcome:
    theatre.begin()
    server = theatre.stage.server
    running = theatre.running()
    server._process.kill()
    server._process.wait()
    time.sleep(AWAY)
    server.command.close()
    server.__enter__()
    back = time.monotonic()
    theatre.wait_for_the_end(back + options.wait)
    records = theatre.records()
    starts = [record.latest_start - back for record in records if record.latest_start > back]
    first = min(starts) if starts else None
    lost = sum(not record.ends for record in records)
    return Outcome(len(running), first, first, lost, sum(record.starts > 1 for record in records))


FAULTS: Final = {
    "child": kill_child,
    "worker": kill_worker,
    "host": lose_host,
    "redis": restart_redis,
}
