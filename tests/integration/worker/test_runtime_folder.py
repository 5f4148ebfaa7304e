"""The folder for lock files is one that can prove a death, or it is said that there is none."""

import logging
import os
from pathlib import Path

import pytest

from skedulr.errors import ConfigurationError
from skedulr_worker import runtime

LOGGER = logging.getLogger("test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def test_the_environment_names_it_however_the_worker_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(runtime.VARIABLE, str(folder))
    assert runtime.runtime_folder("", LOGGER) == folder


def test_a_given_folder_is_made(folder: Path) -> None:
    assert runtime.runtime_folder(str(folder / "deep"), LOGGER) == folder / "deep"
    assert (folder / "deep").stat().st_mode & 0o777 == 0o700


def test_a_given_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"runtime_dir .*file.* cannot hold"):
        runtime.runtime_folder(str(tmp_path / "file"), LOGGER)


def test_a_given_folder_that_cannot_be_written_to_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="name a folder on a disk of this host"):
        runtime.runtime_folder("/proc/skedulr", LOGGER)


def test_a_folder_that_hosts_share_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder.mkdir()
    device = folder.stat().st_dev
    mounts = tmp_path / "mountinfo"
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts.write_text(f"36 35 {number} / /mnt rw,noatime master:1 - nfs4 server:/x rw\n")
    monkeypatch.setattr(runtime, "_MOUNTS", mounts)
    with pytest.raises(ConfigurationError, match="it is on nfs4"):
        runtime.runtime_folder(str(folder), LOGGER)


def test_where_the_usual_folder_does_not_serve_that_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    link = folder / "link"
    link.symlink_to(folder)
    monkeypatch.delenv(runtime.VARIABLE)
    monkeypatch.setattr(runtime, "_usual", lambda: link)
    assert runtime.runtime_folder("", LOGGER) is None
    assert "belongs to another user" in caplog.text
    assert "SKEDULR_RUNTIME_DIR" in caplog.text


def test_without_a_boot_id_there_is_no_proof(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_BOOT_ID", folder / "missing")
    with pytest.raises(ConfigurationError, match="one run of its kernel"):
        runtime.runtime_folder(str(folder), LOGGER)
