"""Workers as processes, an app that submits to them, and the trace that their jobs leave."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from skedulr import Skedulr, Task
from tests.acceptance import shop
from tests.support.servers import Server
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import wait_until

LEASE = 3.5
"""Seconds; all waiting of these tests is measured by it. It is longer than the gap of 3 s after
which recovery holds back, so that a machine that stands still for a while costs no lease.
"""


class Line(NamedTuple):
    """One line of the trace."""

    word: str
    label: str
    attempt: int
    pid: int
    at: float


class Trace:
    """What the jobs have done so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self, word: str | None = None) -> list[Line]:
        """The lines in their order, those with that word."""
        try:
            text = (self.folder / "trace").read_text()
        except FileNotFoundError:
            return []
        found = [row.split() for row in text.splitlines()]
        lines = [Line(row[0], row[1], int(row[2]), int(row[3]), float(row[4])) for row in found]
        return [line for line in lines if word in (None, line.word)]

    def labels(self, word: str) -> list[str]:
        """Whom the lines with that word are about."""
        return [line.label for line in self.lines(word)]


StartWorker = Callable[..., Spawned]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path)


@pytest.fixture
def submitting(namespace: str) -> Iterator[Callable[[str], Skedulr]]:
    """Make apps that submit the shop's jobs to a server."""
    made: list[Skedulr] = []

    def make(url: str) -> Skedulr:
        app = Skedulr(url, namespace=namespace, time_limit=5.0)
        for job in shop.app.jobs.values():
            app.job(name=job.name)(job.function)
        made.append(app)
        return app

    yield make
    for app in made:
        app.close()


@pytest.fixture
def app(server: Server, submitting: Callable[[str], Skedulr]) -> Skedulr:
    """The shop as its producers see it, on the shared server."""
    return submitting(server.url)


@pytest.fixture
def start_worker(
    spawn: Spawn, request: pytest.FixtureRequest, namespace: str, tmp_path: Path
) -> StartWorker:
    """Start a worker: `start_worker("--grace", "1s", url=...)`, and wait until it works."""

    def start(
        *options: str,
        url: str | None = None,
        ready: bool = True,
        target: str = "tests.acceptance.shop:app",
        within: Path | None = None,
        through: Sequence[str] = (),
        **env: str,
    ) -> Spawned:
        command = ["-m", "skedulr_worker", target, "--lease", f"{LEASE}s", *options]
        if within is not None:  # a control group
            enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
            through = ["sh", "-c", enter, str(within)]
        if through:
            command = [*through, sys.executable, *command]
        worker = spawn(
            command,
            SKEDULR_REDIS_URL=url or request.getfixturevalue("server").url,
            SKEDULR_NAMESPACE=namespace,
            SKEDULR_PROCESSES=env.pop("SKEDULR_PROCESSES", "1"),
            **{shop.FOLDER: str(tmp_path)},
            **env,
        )
        if ready:
            worker.wait_for_output("has started")
        return worker

    return start


def running_until_told(app: Skedulr, trace: Trace) -> tuple[Task[Any], Path]:
    """A task that runs, the first of the trace, and the file that lets it end."""
    go_on = trace.folder / "go-on"
    task = app.enqueue("work_until", args=["x", str(go_on)])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    return task, go_on


def processes_of(worker: Spawned) -> list[int]:
    """The worker's processes but its first."""
    import psutil

    return [child.pid for child in psutil.Process(worker.pid).children(recursive=True)]


def exists(pid: int) -> bool:
    """Whether there is such a process, dead or alive."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing meanwhile; it may be killed, too."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


StartCoordinator = Callable[..., Spawned]


@pytest.fixture
def start_coordinator(spawn: Spawn, server: Server, namespace: str) -> StartCoordinator:
    """Start a coordinator: `start_coordinator(SKEDULR_FAULT="sweep.done")`."""

    def start(**env: str) -> Spawned:
        return spawn(
            ["-m", "skedulr_coordinator"],
            SKEDULR_REDIS_URL=server.url,
            SKEDULR_NAMESPACE=namespace,
            SKEDULR_PORT="0",
            **env,
        )

    return start
