"""The dashboard is built where it is out of date, and only a word is said where it cannot be."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import builder


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources of their own, and no wish in the environment."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("one")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "node_modules").mkdir()
    monkeypatch.setattr(builder, "FOLDER", tmp_path)
    monkeypatch.setattr(builder, "BUILD", tmp_path / "skedulr_dashboard" / "build")
    monkeypatch.delenv(builder.VARIABLE, raising=False)
    monkeypatch.setattr(builder, "has_node", lambda: True)
    return tmp_path


@pytest.fixture
def npm(sources: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """An npm that works; the commands that it gets."""
    commands: list[tuple[str, ...]] = []

    def run(*arguments: str, **_: Any) -> None:
        commands.append(arguments)
        if arguments[:2] == ("run", "build"):
            target = Path(arguments[arguments.index("--outDir") + 1])
            target.mkdir(parents=True)
            (target / "index.html").write_text("built")

    monkeypatch.setattr(builder, "npm", run)
    return commands


def failing(error: Exception) -> Callable[..., None]:
    def run(*_: str, **__: Any) -> None:
        raise error

    return run


@contextmanager
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    lines: list[str] = []
    yield lines
    captured = capsys.readouterr()
    lines += (captured.out + captured.err).splitlines()


def test_pages_are_built_once_until_a_source_changes(
    sources: Path, npm: list[tuple[str, ...]]
) -> None:
    assert builder.main([]) == 0
    assert builder.main([]) == 0
    assert [command[0] for command in npm] == ["view", "ci", "run"]
    (sources / "src" / "main.tsx").write_text("two")
    assert not builder.is_built()
    assert builder.main([]) == 0
    assert [command[0] for command in npm] == ["view", "ci", "run", "run"]


def test_a_renamed_source_is_a_change(sources: Path, npm: list[tuple[str, ...]]) -> None:
    builder.main([])
    (sources / "src" / "main.tsx").rename(sources / "src" / "start.tsx")
    assert not builder.is_built()


def test_a_build_that_fails_leaves_the_last_one(
    sources: Path, npm: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.main([])
    (sources / "src" / "main.tsx").write_text("broken")
    monkeypatch.setattr(builder, "npm", failing(subprocess.CalledProcessError(3, "npm")))
    assert builder.main([]) == 3
    assert (builder.BUILD / "index.html").read_text() == "built"


def test_without_the_registry_a_word_is_said_and_all_goes_on(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = subprocess.CalledProcessError(1, "npm", stderr="ENOTFOUND: no such host")
    monkeypatch.setattr(builder, "npm", failing(error))
    with said(capsys) as lines:
        assert builder.main([]) == 0
    assert any("ENOTFOUND" in line for line in lines)
    assert any("make dashboard" in line for line in lines)


def test_who_requires_the_pages_gets_an_error_without_them(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "npm", failing(subprocess.CalledProcessError(1, "npm")))
    assert builder.main(["--require"]) == 1
    monkeypatch.setenv(builder.VARIABLE, "require")
    assert builder.main([]) == 1


def test_who_skips_the_pages_needs_no_npm(
    sources: Path, npm: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(builder.VARIABLE, "skip")
    assert builder.main([]) == 0
    assert npm == []


def test_checks_install_more_than_a_build_and_neither_does_it_twice(
    sources: Path, npm: list[tuple[str, ...]]
) -> None:
    builder.install()
    builder.install()
    builder.install(for_checks=True)
    builder.install()
    installs = [command[:2] for command in npm if command[0] == "ci"]
    assert installs == [("ci", "--omit=dev"), ("ci", "--fetch-retries=1")]


def test_the_lock_file_names_no_host() -> None:
    lock = Path(builder.__file__).with_name("package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry" not in lock
