"""The order in which processes that share the tests take them: what takes long first.

Each process gets an equal run of the collected list, and one that has none left takes from the end
of another's. So each run begins with tests that take many seconds and ends with those that take
none, or the last minute of all would be one process' long test.
"""

import os
from collections.abc import Iterable, Sequence

import pytest

_PROCESSES = "PYTEST_XDIST_WORKER_COUNT"

LONG = ("protocol", "acceptance", "typing")
"""Folders of tests that take seconds each: they compute, or wait for processes."""

SHORT = ("browser", "cluster", "integration", "scripts", "unit")
"""The others, from long to short; theirs stay together: some share what a file has made."""

ONE = ("typing",)
"""Folders whose tests share all that they do."""


@pytest.hookimpl(trylast=True)  # what is left out has gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests of this run, the same in each of its processes."""
    processes = int(os.environ.get(_PROCESSES, "1"))
    if processes > 1:
        items[:] = [items[at] for at in order([_folder(item) for item in items], processes)]


def _folder(item: pytest.Item) -> str:
    within = item.nodeid.partition("::")[0].removeprefix("tests/")
    return within.partition("/")[0]


def order(folders: Sequence[str], processes: int) -> list[int]:
    """The places of the tests in their new order; ``folders`` names that of each test."""
    of_folder = {
        name: [at for at, folder in enumerate(folders) if folder == name]
        for name in dict.fromkeys([*SHORT, *folders])
    }
    long = _mixed([_units(name, of_folder.pop(name, [])) for name in LONG])
    return [
        at
        for process in range(processes)
        for share in (
            *long[process::processes],
            *(_part(group, process, processes) for group in of_folder.values()),
        )
        for at in share
    ]


def _units(folder: str, tests: list[int]) -> list[list[int]]:
    """What has to be done by the same process."""
    return [tests] if folder in ONE and tests else [[test] for test in tests]


def _mixed(groups: Iterable[Sequence[list[int]]]) -> list[list[int]]:
    """All members of the groups, each group spread evenly over the whole."""
    spread = [(number / len(group), unit) for group in groups for number, unit in enumerate(group)]
    return [unit for _, unit in sorted(spread)]


def _part(group: Sequence[int], which: int, parts: int) -> Sequence[int]:
    """One of so many parts of a group, each a run of its members."""
    return group[len(group) * which // parts : len(group) * (which + 1) // parts]
