"""A lock file proves that an instance is dead, exactly when nothing of it can still run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skedulr import Skedulr
from skedulr.errors import ConfigurationError
from skedulr_worker import runtime
from skedulr_worker.locks import SUFFIX, Holder, Lock, Locks, realm

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
    return [lock.holder for lock in locks.take()]


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


def test_another_app_on_the_host_leaves_the_file_alone(locks: Locks) -> None:
    locks.hold(HOLDER).close()
    with used(locks.folder, "two") as stranger:
        assert taken(stranger) == []
        assert list(stranger.living()) == []
    assert len(list(locks.folder.iterdir())) == 1


def test_servers_and_namespaces_are_told_apart_and_passwords_are_not_in_it() -> None:
    def place(url: str, namespace: str = "a") -> str:
        return realm(Skedulr(url, namespace=namespace))

    same = place("redis://:secret@host:1/0")
    assert place("redis://:changed@host:1/0") == same
    assert place("redis://user:other@host:1/0") == same
    different = [place("redis://host:2/0"), place("redis://host:1/1"), place("redis://h:1/0")]
    assert len({same, *different, place("redis://host:1/0", "b")}) == 5


def rewrite(lock: Lock, **facts: object) -> None:
    told = json.loads(lock.path.read_text())
    lock.path.write_text(json.dumps(told | facts))


def test_a_file_of_another_boot_proves_nothing_and_goes(locks: Locks, other: Locks) -> None:
    lock = locks.hold(HOLDER)
    rewrite(lock, boot="another")
    lock.close()
    assert taken(other) == []
    assert not lock.path.exists()


def test_a_held_file_of_another_boot_stays(locks: Locks, other: Locks) -> None:
    lock = locks.hold(HOLDER)
    rewrite(lock, boot="another")
    assert taken(other) == []
    assert lock.path.exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"pools": ["../x"]},
        {"pools": 3},
        {"pid": "x"},
        {"pools": None},
        {"format": 99},
        {"realm": 1},
    ],
)
def test_a_file_that_this_code_cannot_read_is_left_until_it_is_old(
    locks: Locks, other: Locks, facts: dict[str, object]
) -> None:
    lock = locks.hold(HOLDER)
    rewrite(lock, **facts)
    lock.close()
    assert taken(other) == []
    assert lock.path.exists()
    os.utime(lock.path, (0, 0))
    assert taken(other) == []
    assert not lock.path.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00" * 100])
def test_damaged_files_do_no_harm(locks: Locks, other: Locks, text: str) -> None:
    locks.hold(HOLDER).path.with_name(f"damaged{SUFFIX}").write_text(text)
    assert taken(other) == []


def test_neither_links_nor_pipes_nor_folders_are_followed(
    locks: Locks, other: Locks, tmp_path: Path
) -> None:
    lock = locks.hold(HOLDER)
    target = tmp_path / "target"
    target.write_bytes(lock.path.read_bytes())
    (locks.folder / f"link{SUFFIX}").symlink_to(target)
    os.mkfifo(locks.folder / f"pipe{SUFFIX}")
    (locks.folder / f"folder{SUFFIX}").mkdir()
    assert taken(other) == []
    assert target.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_no_proof(locks: Locks, other: Locks) -> None:
    lock = locks.hold(HOLDER)
    lock.close()
    os.chown(lock.path, 12345, 12345)
    assert taken(other) == []
    assert lock.path.exists()


def test_a_file_that_was_never_finished_goes_when_it_is_old(locks: Locks, other: Locks) -> None:
    begun = locks.folder / f".web-1.aa{SUFFIX}"
    begun.write_text("")
    taken(other)
    assert begun.exists()
    os.utime(begun, (0, 0))
    taken(other)
    assert not begun.exists()


@pytest.mark.parametrize("name", [".gitkeep", "apt.lock", ".apt.lock", "web-1.aa"])
def test_files_of_other_programs_are_not_touched(locks: Locks, other: Locks, name: str) -> None:
    theirs = locks.folder / name
    with theirs.open("w") as file:
        os.utime(theirs, (0, 0))
        taken(other)
        list(other.living())
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert theirs.exists()


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


class TestFolder:
    def test_the_environment_names_it_however_the_worker_is_started(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(runtime.VARIABLE, str(folder))
        assert runtime.runtime_folder("", LOGGER) == folder

    def test_a_given_one_is_made(self, folder: Path) -> None:
        assert runtime.runtime_folder(str(folder / "deep"), LOGGER) == folder / "deep"
        assert (folder / "deep").stat().st_mode & 0o777 == 0o700

    def test_a_given_one_that_is_none_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(ConfigurationError, match=r"runtime_dir .*file.* cannot hold"):
            runtime.runtime_folder(str(tmp_path / "file"), LOGGER)

    def test_a_given_one_that_cannot_be_written_to_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="name a folder on a disk of this host"):
            runtime.runtime_folder("/proc/skedulr", LOGGER)

    def test_one_that_hosts_share_is_refused(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        folder.mkdir()
        device = folder.stat().st_dev
        mounts = tmp_path / "mountinfo"
        number = f"{os.major(device)}:{os.minor(device)}"
        mounts.write_text(f"36 35 {number} / /mnt rw,noatime master:1 - nfs4 server:/x rw\n")
        monkeypatch.setattr(runtime, "_MOUNTS", mounts)
        with pytest.raises(ConfigurationError, match="it is on nfs4"):
            runtime.runtime_folder(str(folder), LOGGER)

    def test_where_the_usual_one_does_not_serve_that_is_said(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder.mkdir()
        link = folder / "link"
        link.symlink_to(folder)
        monkeypatch.delenv(runtime.VARIABLE)
        monkeypatch.setattr(runtime, "_usual", lambda: link)
        assert runtime.runtime_folder("", LOGGER) is None
        assert "belongs to another user" in caplog.text
        assert "SKEDULR_RUNTIME_DIR" in caplog.text

    def test_without_a_boot_id_there_is_no_proof(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runtime, "_BOOT_ID", folder / "missing")
        with pytest.raises(ConfigurationError, match="one run of its kernel"):
            runtime.runtime_folder(str(folder), LOGGER)


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
