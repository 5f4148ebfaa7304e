"""The check that no process which the tests started outlives them.

Every process that pytest runs tests in puts a value of its own into SKEDULR_TEST_RUN; whatever it
starts inherits it, however far it moves away from its parent.
"""

import os
import uuid
from collections.abc import Iterator

import psutil
import pytest

from tests.support.processes import described, is_alive, kill_all, marked_processes
from tests.support.waiting import patience, wait_until

RUN_MARK = "SKEDULR_TEST_RUN"

# Python starts it for shared memory and ends it together with the program.
_PYTHON_S_OWN = "multiprocessing.resource_tracker"


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    """Fail the run if a process that it started outlives the last test by some seconds."""
    mark = uuid.uuid4().hex
    os.environ[RUN_MARK] = mark
    yield
    try:
        wait_until(lambda: not _started(mark), patience(), "the end of what the tests started")
    except AssertionError:
        survivors = _started(mark)
        names = "\n".join(f"  {described(process)}" for process in survivors)
        kill_all(survivors)
        pytest.fail(f"these processes outlived the tests that started them:\n{names}")
    finally:
        del os.environ[RUN_MARK]


def _started(mark: str) -> list[psutil.Process]:
    """Return the processes with the mark, and forked children, which do not show theirs."""
    found = {process.pid: process for process in marked_processes(RUN_MARK, mark)}
    found |= {child.pid: child for child in psutil.Process().children(recursive=True)}
    return [
        process
        for process in found.values()
        if is_alive(process.pid) and _PYTHON_S_OWN not in described(process)
    ]
