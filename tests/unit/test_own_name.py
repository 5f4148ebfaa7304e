"""What `skedulr up` tells a user to type runs where it is typed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from skedulr.cli.own_name import own_name


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in a virtual environment below the current folder, which is not on the path."""
    path = tmp_path / ".venv" / "bin" / "skedulr"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    return path


def started_as(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> str:
    monkeypatch.setattr(sys, "argv", [str(path), "up"])
    return own_name()


def test_what_the_shell_finds_is_called_by_its_name(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    assert started_as(monkeypatch, program) == "skedulr"
    assert started_as(monkeypatch, "skedulr") == "skedulr"


def test_what_it_does_not_find_is_called_by_its_path_from_here(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started_as(monkeypatch, program) == ".venv/bin/skedulr"
    assert started_as(monkeypatch, ".venv/bin/skedulr") == ".venv/bin/skedulr"


def test_another_one_that_it_finds_is_not_meant(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "bin" / "skedulr"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert started_as(monkeypatch, program) == ".venv/bin/skedulr"


def test_from_elsewhere_the_path_is_whole_and_quoted(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert started_as(monkeypatch, program) == str(program)
    spaced = elsewhere / "bin" / "skedulr"
    monkeypatch.chdir(program.parent)
    assert started_as(monkeypatch, spaced) == f"'{spaced}'"


def test_a_module_is_run_by_its_interpreter(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    assert started_as(monkeypatch, tmp_path / "skedulr" / "__main__.py") == (
        ".venv/bin/python -m skedulr"
    )
