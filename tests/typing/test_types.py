"""Programs are checked with ``mypy --strict``, as their authors would: once for all of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parents[2]
EXPECTED = re.compile(r"# E: (.+)$")
FOUND = re.compile(r"^(?:.*[/\\])?(\w+\.py):(\d+): error: (.+)$")

Errors = dict[int, list[str]]
"""By the number of the line."""


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> dict[str, Errors]:
    """The errors that mypy finds in each program."""
    folder = tmp_path_factory.mktemp("programs")
    for program in PROGRAMS.glob("*.py"):
        text = program.read_text().replace("# mypy: ignore-errors", "")
        (folder / program.name).write_text(text)
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("mypy")
    command = ["-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", str(folder)]
    run = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    errors: dict[str, Errors] = defaultdict(lambda: defaultdict(list))
    for line in run.stdout.splitlines():
        if match := FOUND.match(line):
            errors[match[1]][int(match[2])].append(match[3])
    return errors


def test_a_correct_program_has_no_error_and_the_types_of_its_jobs(
    found: dict[str, Errors],
) -> None:
    assert dict(found["right.py"]) == {}


def test_every_mistake_is_an_error_where_it_is_made(found: dict[str, Errors]) -> None:
    expected = {
        number: match[1]
        for number, line in enumerate((PROGRAMS / "wrong.py").read_text().splitlines(), 1)
        if (match := EXPECTED.search(line))
    }
    assert len(expected) > 20
    errors = found["wrong.py"]
    assert sorted(errors) == sorted(expected)
    for number, text in expected.items():
        assert any(text in error for error in errors[number]), (number, text, errors[number])
