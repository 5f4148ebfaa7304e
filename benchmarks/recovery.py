"""How long tasks wait after a death, which of them get lost, and which run beside themselves.

    BENCH_HARNESS=PATH BENCH_ENVIRONMENTS=PATH python -m benchmarks.recovery

Every peer runs at its defaults. Each of these happens amid tasks that sleep (as in the harness'
workload ``crash``), on a server of its own:

child     every process of the worker but its first gets SIGKILL
worker    all processes of the worker get SIGKILL, and it is started again on the host at once
host      of two workers on two hosts, which know of each other by Redis alone, one gets SIGKILL
          with all its processes, and nothing is started
redis     the server (append-only file, fsync every second) gets SIGKILL, and is back a second later

Seconds count from the signal to the new start of each task that ran when it came, and for ``host``
was cut short by it: the last one has to be in time; for ``redis`` from
the server's return to the next start of any task. Tasks that were not executed when the time to
wait is over may be lost, or wait for a longer time-out. A task is re-executed where it ran again
although nothing of it had died.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.harness import PEERS
from benchmarks.private import SERVER_HELP, binary_of
from benchmarks.surroundings import find_harness, surroundings

FAULTS: Final = ("child", "worker", "host", "redis")
DEFAULTS: Final = (
    *("skedulr:default", "celery:prefork", "rq:fork", "dramatiq:default", "arq:default"),
    *("saq:default", "taskiq:stream", "bullmq"),
)
AWAY: Final = 1.0
"""Seconds for which the server is away."""

BARS: Final = {"child": 1.0, "worker": 1.0, "host": 16.0}
"""Seconds within which skedulr must run all of them again: at once, or a lease and a second."""

STARTING: Final = 5.0
"""Seconds in which the workers of a second host start."""

WARM: Final = 20
"""Tasks that have ended before the fault."""

SETTLED: Final = 1.0
"""Seconds after the last task in which a second execution would show."""


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


class Theatre:
    """One peer on a private server, with tasks that sleep."""

    def __init__(self, stage: Any, jobs: int) -> None:
        self.stage = stage
        self.jobs = jobs

    def records(self) -> list[Any]:
        """What happened to each task so far."""
        found: list[Any] = self.stage.board.records(0, self.jobs)
        return found

    def begin(self) -> None:
        """Have tasks running."""
        producer = self.stage.producer()
        producer.enqueue(0, self.jobs, bulk="bulk" in self.stage.peer.features)
        self.stage.start_workers()
        self.stage.wait_done(WARM)
        time.sleep(0.1)

    def begin_on_two_hosts(self) -> list[Any]:
        """Have tasks running on two hosts; answers the processes on one of them."""
        producer = self.stage.producer()
        bulk = "bulk" in self.stage.peer.features
        self.stage.start_workers()
        producer.enqueue(0, WARM, bulk=bulk)
        self.stage.wait_done(WARM)
        others = len(self.stage._processes)
        self.stage._environment["SKEDULR_RUNTIME_DIR"] += "-is-another"
        self.stage.start_workers()
        time.sleep(STARTING)
        producer.enqueue(WARM, self.jobs - WARM, bulk=bulk)
        time.sleep(0.1)
        return list(self.stage._processes[others:])

    def running(self) -> set[int]:
        """Which tasks are between their start and their end."""
        return {index for index, record in enumerate(self.records()) if record.starts > record.ends}

    def wait_for_the_end(self, until: float) -> None:
        """Until every task has been executed, or the time is over; then for second executions."""
        while time.monotonic() < until and not all(record.ends for record in self.records()):
            time.sleep(0.05)
        time.sleep(SETTLED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.recovery")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--peers", default=",".join(DEFAULTS), help="NAME or NAME:VARIANT, …")
    parser.add_argument("--faults", default=",".join(FAULTS), help=f"some of {', '.join(FAULTS)}")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=150)
    parser.add_argument("--sleep", type=float, default=0.2, help="seconds that a task takes")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds to wait for recovery")
    parser.add_argument("--server", default="redis-server", help=SERVER_HELP)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    faults = options.faults.split(",")
    if unknown := set(faults) - set(FAULTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    sys.path.insert(0, str(find_harness()))
    os.environ["BENCH_PEERS"] = str(PEERS)
    print(surroundings(binary_of(options.server), options.rounds))
    print(f"Tasks of {options.sleep:g} s; {options.jobs} of them; the load was {load()}.\n")
    print("| | " + " | ".join(faults) + " | not executed in time | live ones re-executed |")
    print("|---" * (len(faults) + 3) + "|", flush=True)
    met = True
    for label in options.peers.split(","):
        outcomes = {fault: measured(label, fault, options) for fault in faults}
        print(row(label, outcomes), flush=True)
        if label.startswith("skedulr"):
            met = all(is_met(fault, found) for fault, found in outcomes.items())
    print(f"\nThe load was {load()} at the end.")
    return 0 if met else 1


def harness(module: str) -> Any:
    """A module of the harness, whose folder is on the path by now."""
    return importlib.import_module(f"benchlib.{module}")


def load() -> str:
    """How many processes wanted a core of this machine during the last minute."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def measured(label: str, fault: str, options: argparse.Namespace) -> list[Outcome] | str:
    """The outcomes of all rounds, or why there are none."""
    try:
        return [one(label, fault, options) for _ in range(options.rounds)]
    except (harness("stage").BenchError, OSError) as error:
        notes = [str(error), *getattr(error, "__notes__", [])]
        print(f"{label}, {fault}: {' '.join(notes)}", file=sys.stderr)
        return "?"
    except LookupError as error:
        return str(error)


def one(label: str, fault: str, options: argparse.Namespace) -> Outcome:
    """One fault of one peer on a server of its own."""
    with staged(label, fault, options) as theatre:
        return FAULT[fault](theatre, options)


@contextlib.contextmanager
def staged(label: str, fault: str, options: argparse.Namespace) -> Iterator[Theatre]:
    stages = harness("stage")
    environments = Path(os.environ["BENCH_ENVIRONMENTS"]).absolute()
    settings = stages.Settings(
        environments=environments,
        server=binary_of(options.server),
        port=free_port(),
        appendonly=fault == "redis",
        timeout=options.wait,
    )
    peer = stages.Peer.load(label, environments)
    stage = stages.Stage(
        peer,
        settings,
        jobs=options.jobs,
        kind="sleep",
        sleep=options.sleep,
    )
    stage._environment["SKEDULR_RUNTIME_DIR"] = f"{stage._directory.name}/host"
    with stage:
        yield Theatre(stage, options.jobs)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


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


FAULT: Final = {
    "child": kill_child,
    "worker": kill_worker,
    "host": lose_host,
    "redis": restart_redis,
}


def row(label: str, outcomes: dict[str, list[Outcome] | str]) -> str:
    cells = [label]
    rounds: list[Outcome] = []
    for found in outcomes.values():
        if isinstance(found, str):
            cells.append(found)
            continue
        rounds += found
        cells.append(span(found))
    cells.append(str(sum(outcome.lost for outcome in rounds)))
    cells.append(str(sum(outcome.again for outcome in rounds)))
    return f"| {' | '.join(cells)} |"


def span(found: list[Outcome]) -> str:
    """From the first to the last task that ran again, medians of the rounds."""
    firsts = [outcome.first for outcome in found if outcome.first is not None]
    lasts = [outcome.last for outcome in found if outcome.last is not None]
    if not firsts:
        return "never" if any(outcome.running for outcome in found) else "nothing ran"
    first = statistics.median(firsts)
    if len(lasts) < len(found):
        return f"{first:.1f} s, not all"
    last = statistics.median(lasts)
    return f"{first:.1f} s" if last - first < 0.05 else f"{first:.1f} to {last:.1f} s"


def is_met(fault: str, found: list[Outcome] | str) -> bool:
    """Whether skedulr does what it promises."""
    if isinstance(found, str):
        return False
    return all(
        outcome.lost == 0
        and outcome.again == 0
        and outcome.last is not None
        and outcome.last <= BARS.get(fault, AWAY)
        for outcome in found
    )


if __name__ == "__main__":
    sys.exit(main())
