"""Lock files as two workers of one host see them, and forks that hold their part in one."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skedulr_worker.lock import Holder
from skedulr_worker.locks import Locks

LOGGER = logging.getLogger("test")
HOLDER = Holder("web-1.aa", "web-0.bb", "web", ["default", "mail"], 4711)

Born = Callable[[Callable[[], None]], int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@pytest.fixture
def locks(folder: Path) -> Iterator[Locks]:
    with used(folder) as made:
        yield made


@contextlib.contextmanager
def used(folder: Path, place: str = "one") -> Iterator[Locks]:
    folder.mkdir(exist_ok=True)
    made = Locks(folder, place)
    yield made
    made.keep_only(None)


@pytest.fixture
def other(folder: Path) -> Iterator[Locks]:
    """The same folder as another worker sees it."""
    with used(folder) as made:
        yield made


@pytest.fixture
def fork() -> Iterator[Born]:
    """Have a forked process that does something, then waits for its end."""
    pids: list[int] = []

    def born(act: Callable[[], None]) -> int:
        ready, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                act()
                os.write(told, b"x")
                signal.pause()
            finally:
                os._exit(0)
        pids.append(pid)
        os.close(told)
        assert os.read(ready, 1) == b"x"
        os.close(ready)
        return pid

    yield born
    for pid in pids:
        end(pid)


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def taken(locks: Locks) -> list[Holder]:
    """Whose locks were there to be taken."""
    return [lock.holder for lock in locks.take()]
