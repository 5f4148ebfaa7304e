"""The fixtures that every test can ask for; they live in `tests.support`."""

import signal

pytest_plugins = [
    # The first to be set up, and so the last to look round.
    "tests.support.run_mark",
    "tests.support.keys",
    "tests.support.servers",
    "tests.support.own_server",
    "tests.support.spawning",
    "tests.support.commands",
    "tests.support.apps",
]


def pytest_configure() -> None:
    """Hear Ctrl-C: a shell that starts the tests in the background has it ignored, which all
    processes that the tests start would inherit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
