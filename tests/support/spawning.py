"""Real processes for a test, ended with it, that may leave nothing behind."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.processes import described, kill_all, marked_processes
from tests.support.waiting import PATIENT, patience, wait_until

RUNTIME_DIR = "SKEDULR_RUNTIME_DIR"

ROOT = Path(__file__).parents[2]
SPAWN_MARK = "SKEDULR_TEST_SPAWN"

_SHOWN_CHARACTERS = 4000


class Spawned:
    """A process, its output in a file, and everything that it has started in turn."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._mark = uuid.uuid4().hex
        self._command = command
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment, SPAWN_MARK: self._mark},
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        """What it has printed so far, to either stream."""
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def wait(self, timeout: float = 2 * PATIENT) -> int:
        """Return its exit code (negative: by a signal), or fail if it does not end in time."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self} has not ended within {timeout:g} s")

    def wait_for_output(self, text: str, timeout: float = 2 * PATIENT) -> str:
        """Return all its output once `text` is in it, or fail if it ends before or takes longer."""
        wait_until(
            lambda: text in self.output or not self.is_running,
            timeout,
            f"{text!r} in the output of {self}",
        )
        if text not in self.output:
            pytest.fail(f"{self} ended with {self.wait()} and never printed {text!r}")
        return self.output

    def send(self, number: int) -> None:
        """Send a signal to the process alone."""
        self._process.send_signal(number)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to its process group, as a terminal does."""
        os.killpg(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill the process alone, and return when it has ended."""
        self._process.kill()
        self._process.wait()

    def descendants(self) -> list[int]:
        """Return the ids of all that it has started, directly or not, and that runs."""
        marked = marked_processes(SPAWN_MARK, self._mark)
        return sorted(process.pid for process in marked if process.pid != self.pid)

    def end(self) -> None:
        """Kill the process, and fail if something that it started outlives it by some seconds."""
        self.kill()
        try:
            wait_until(lambda: not self.descendants(), patience(), "the end of its children")
        except AssertionError:
            survivors = marked_processes(SPAWN_MARK, self._mark)
            names = "\n".join(f"  {described(process)}" for process in survivors)
            kill_all(survivors)
            pytest.fail(f"{self} left processes behind:\n{names}")

    def __str__(self) -> str:
        tail = self.output[-_SHOWN_CHARACTERS:].strip() or "(nothing)"
        return f"`{' '.join(self._command)}` (process {self.pid}), which printed:\n{tail}\n"


class Spawn:
    """Starts processes: `spawn(["-m", "skedulr_worker"], SKEDULR_REDIS_URL=url)`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spawned: list[Spawned] = []

    def __call__(self, args: Sequence[str], **environment: str) -> Spawned:
        """Start a program in the root of the repository, in a session of its own.

        Arguments that begin with an option are for this Python: `-m`, `-c`. The environment is the
        one of the tests and what is given.
        """
        command = [sys.executable, *args] if args[0].startswith("-") else list(args)
        log = self._folder / f"spawned-{len(self._spawned)}.log"
        self._spawned.append(Spawned(command, environment, log))
        return self._spawned[-1]

    def end(self) -> None:
        """End everything, then fail if one left something behind."""
        failures = []
        for spawned in self._spawned:
            try:
                spawned.end()
            except pytest.fail.Exception as failure:
                failures.append(str(failure))
            print(spawned)  # noqa: T201  pytest shows it beside a failure
        if failures:
            pytest.fail("\n".join(failures))


@pytest.fixture(autouse=True)
def lock_files_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the lock files of workers out of the folder that this machine's own use."""
    monkeypatch.setenv(RUNTIME_DIR, str(tmp_path / "runtime"))


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Start real processes that end with the test; one that leaves children behind fails it."""
    spawner = Spawn(tmp_path)
    yield spawner
    spawner.end()
