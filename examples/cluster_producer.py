"""Sends tasks to the cluster, awaits all results, and checks that each task ran exactly once.

COUNT=1000 python -m examples.cluster_producer

The exit code is 0 only if all of that is so.
"""

import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

from examples.cluster import app, connect, count_primes, executions, primes_below, workers
from skedulr import SkedulrError, Task

COUNT = int(os.environ.get("COUNT") or 1000)
PATIENCE = float(os.environ.get("PATIENCE") or 300)
"""Seconds that all tasks together may take."""

SHOWN = 10


def produce(run: str) -> list[Task[int]]:
    """Submit one task for each number, a thousand in one trip."""
    return app.enqueue_many(count_primes.s(run, number) for number in range(COUNT))


def wrong_results(tasks: list[Task[int]]) -> Iterator[str]:
    """Await every result, and name those that are not what they should be."""
    until = time.monotonic() + PATIENCE
    for number, task in enumerate(tasks):
        try:
            found: Any = task.result(timeout=max(0.1, until - time.monotonic()))
        except SkedulrError as error:
            found = error
        if found != primes_below(number):
            yield f"{task.name}: {found}, not {primes_below(number)}"


def wrong_counts(counted: dict[str, str]) -> Iterator[str]:
    """Name the tasks that did not run exactly once, by the job's own count."""
    for number in range(COUNT):
        times = int(counted.get(str(number), 0))
        if times != 1:
            yield f"the task of {number} ran {times} times"


def main() -> int:
    """Do it, say what came of it, and return the exit code."""
    run = uuid.uuid4().hex[:8]
    began = time.monotonic()
    tasks = produce(run)
    sent = time.monotonic() - began
    print(f"{COUNT} tasks submitted in {sent:.2f} s", flush=True)

    wrong = list(wrong_results(tasks))
    seconds = time.monotonic() - began
    with connect() as counts:
        wrong += wrong_counts(counts.hgetall(executions(run)))
        shares = counts.hvals(workers(run))
    print(
        f"{COUNT} tasks ended after {seconds:.2f} s ({COUNT / seconds:.0f} a second), "
        f"in {len(shares)} worker processes"
    )
    if wrong:
        print(f"{len(wrong)} things are wrong:", *wrong[:SHOWN], sep="\n  ")
        return 1
    print("every result is right, and every task ran exactly once")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SkedulrError as error:
        sys.exit(f"the producer cannot go on: {error}")
