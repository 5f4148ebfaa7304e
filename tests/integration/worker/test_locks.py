"""A lock file proves that an instance is dead, exactly when nothing of it can still run."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skedulr_worker.locks import Locks
from tests.integration.worker.locking import (
    HOLDER,
    LOGGER,
    Born,
    end,
    folder,
    fork,
    locks,
    other,
    taken,
    used,
)

__all__ = ["folder", "fork", "locks", "other"]


def test_a_lock_that_is_held_is_taken_by_nobody_and_says_whose_it_is(
    locks: Locks, other: Locks
) -> None:
    locks.hold(HOLDER)
    assert taken(other) == []
    assert list(other.living()) == [HOLDER]


def test_the_lock_of_a_dead_process_is_taken_once(locks: Locks, other: Locks) -> None:
    locks.hold(HOLDER).close()
    with used(locks.folder) as third:
        assert taken(other) == [HOLDER]
        assert taken(third) == []
        [lock] = other._held
        other.drop(lock)
        assert taken(third) == []
    assert list(locks.folder.iterdir()) == []


def test_whoever_dies_before_it_has_released_leaves_the_lock_to_others(
    locks: Locks, other: Locks
) -> None:
    locks.hold(HOLDER).close()
    with used(locks.folder) as third:
        assert taken(third) == [HOLDER]
    assert taken(other) == [HOLDER]


def test_it_is_free_only_when_the_last_fork_has_ended(
    locks: Locks, other: Locks, fork: Born
) -> None:
    lock = locks.hold(HOLDER)

    def child() -> None:
        if os.fork() == 0:  # a job process
            signal.pause()
            os._exit(0)

    pid = fork(child)
    [grandchild] = children_of(pid)
    lock.close()
    end(pid)
    assert taken(other) == []
    os.kill(grandchild, signal.SIGKILL)
    wait_for(lambda: taken(other) == [HOLDER])


def children_of(pid: int) -> list[int]:
    found: list[int] = []

    def look() -> bool:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        found[:] = [int(word) for word in text.split()]
        return bool(found)

    wait_for(look)
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_asking_whether_it_is_free_waits_for_forks_and_takes_it_back(
    locks: Locks, other: Locks, fork: Born
) -> None:
    lock = locks.hold(HOLDER)
    pid = fork(lambda: None)
    assert not lock.is_free()
    end(pid)
    assert lock.is_free()
    assert taken(other) == []


def test_a_file_that_somebody_has_removed_proves_nothing_while_forks_live(
    locks: Locks, fork: Born
) -> None:
    lock = locks.hold(HOLDER)
    pid = fork(lambda: None)
    lock.path.unlink()
    assert not lock.is_free()
    assert not lock.is_free()
    end(pid)
    assert lock.is_free()


def test_a_file_that_cannot_be_removed_is_taken_once(
    locks: Locks, other: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks.hold(HOLDER).close()
    [lock] = other.take()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "a read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        other.drop(lock)
    assert taken(other) == []
    assert taken(locks) == []


def test_files_look_used_as_long_as_their_worker_lives(
    locks: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skedulr_worker.locks._KEEP_EVERY", 0.0)
    lock = locks.hold(HOLDER)
    os.utime(lock.path, (0, 0))
    locks.keep()
    assert time.time() - lock.path.stat().st_mtime < 60


def test_a_child_does_not_hold_the_locks_of_its_siblings(
    locks: Locks, other: Locks, fork: Born
) -> None:
    first = locks.hold(HOLDER)
    second = locks.hold(HOLDER._replace(instance="web-2.cc"))
    fork(lambda: locks.keep_only(second))
    first.close()
    second.close()
    assert taken(other) == [HOLDER]


def test_a_program_that_a_job_starts_is_not_the_instance(locks: Locks) -> None:
    lock = locks.hold(HOLDER)
    assert not os.get_inheritable(lock.descriptor)


def test_a_folder_that_was_removed_is_made_again(locks: Locks, other: Locks) -> None:
    locks.folder.rmdir()
    assert taken(other) == []
    locks.hold(HOLDER)
    assert list(other.living()) == [HOLDER]


def test_without_a_place_for_the_file_the_instance_goes_without(
    locks: Locks, caplog: pytest.LogCaptureFixture
) -> None:
    locks.folder.rmdir()
    locks.folder.write_text("")
    assert locks.hold_if_possible(HOLDER, LOGGER) is None
    assert "end of the lease" in caplog.text


def test_flock_is_what_the_kernel_keeps_for_all_forks(folder: Path, fork: Born) -> None:
    """What all of this rests on."""
    folder.mkdir()
    path = folder / "file"
    first = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    pid = fork(lambda: None)
    os.close(first)
    second = os.open(path, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    end(pid)
    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(second)
