"""A peer of the harness on a server of its own, with tasks that sleep."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.private import binary_of

STARTING: Final = 5.0
"""Seconds in which the workers of a second host start."""

WARM: Final = 20
"""Tasks that have ended before the fault."""

SETTLED: Final = 1.0
"""Seconds after the last task in which a second execution would show."""


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


def harness(module: str) -> Any:
    """A module of the harness, whose folder is on the path by now."""
    return importlib.import_module(f"benchlib.{module}")


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
