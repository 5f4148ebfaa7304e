"""What lies among lock files and is none of this app, user or boot proves nothing."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from skedulr import Skedulr
from skedulr_worker.lock import Lock
from skedulr_worker.locks import SUFFIX, Locks, realm
from tests.integration.worker.locking import (
    HOLDER,
    folder,
    locks,
    other,
    taken,
    used,
)

__all__ = ["folder", "locks", "other"]


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
