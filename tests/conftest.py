"""The fixtures that every test can ask for; they live in `tests.support`."""

import gc
import signal
from collections.abc import Iterator

import pytest

pytest_plugins = [
    # The first to be set up, and so the last to look round.
    "tests.support.run_mark",
    "tests.support.keys",
    "tests.support.servers",
    "tests.support.own_server",
    "tests.support.spawning",
    "tests.support.commands",
    "tests.support.apps",
    "tests.support.order",
]


def pytest_configure(config: pytest.Config) -> None:
    """Let no process that the tests start inherit that signals are ignored: Ctrl-C by a shell that
    starts the tests in the background, the end of a terminal by nohup.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    runs_tests = config.getoption("dist", "no") == "no"
    if runs_tests and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)  # nothing here, and the default behind exec


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without the garbage collector, from which all that is collected stays out of reach:
    it would go through thousands of tests again and again, and through a copy in each fork.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
