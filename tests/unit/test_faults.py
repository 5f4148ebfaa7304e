"""Fault points kill the process that was started to be killed there, and no other."""

import signal
import subprocess
import sys

import pytest

from skedulr_coordinator import faults

# By its file: the package around it takes a second to import.
LOADED = f"""
from importlib import util
found = util.spec_from_file_location("faults", {faults.__file__!r})
faults = util.module_from_spec(found)
found.loader.exec_module(faults)
"""


def run(code: str, fault: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOADED + code],
        env={} if fault is None else {faults.VARIABLE: fault},
        capture_output=True,
        text=True,
        check=False,
    )


REACHED = "faults.reached('sweep.done')"


def test_an_armed_point_kills_the_process_when_it_is_reached() -> None:
    assert run(REACHED, "sweep.done").returncode == -signal.SIGKILL


def test_a_point_kills_at_the_time_that_was_asked_for() -> None:
    assert run(f"{REACHED}; print('once'); {REACHED}", "sweep.done:2").stdout == ""
    assert run(REACHED, "sweep.done:2").returncode == 0


@pytest.mark.parametrize("fault", [None, "", "record.told"])
def test_a_point_that_is_not_armed_does_nothing(fault: str | None) -> None:
    assert run(REACHED, fault).returncode == 0


def test_a_point_that_is_not_listed_is_refused() -> None:
    assert "give one of" in run("", "nowhere").stderr
    with pytest.raises(ValueError, match="no fault point"):
        faults.reached("nowhere")
