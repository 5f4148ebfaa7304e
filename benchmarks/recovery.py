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
import os
import signal
import statistics
import sys
from typing import Final

from benchmarks.faults import AWAY, FAULTS, Outcome
from benchmarks.harness import PEERS
from benchmarks.private import SERVER_HELP, binary_of
from benchmarks.surroundings import find_harness, surroundings
from benchmarks.theatre import harness, staged

DEFAULTS: Final = (
    *("skedulr:default", "celery:prefork", "rq:fork", "dramatiq:default", "arq:default"),
    *("saq:default", "taskiq:stream", "bullmq"),
)
BARS: Final = {"child": 1.0, "worker": 1.0, "host": 16.0}
"""Seconds within which skedulr must run all of them again: at once, or a lease and a second."""


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
        return FAULTS[fault](theatre, options)


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
