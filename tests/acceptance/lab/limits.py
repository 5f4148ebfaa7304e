"""Jobs that change what their process may take, or take too much."""

import os
import resource
import signal

from tests.acceptance.lab.app import isolated


@isolated()
def hungry(most: int) -> int:
    """May take so much memory; takes more."""
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return len(bytearray(2 * most))


@isolated()
def leave_a_limit() -> int:
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    return os.getpid()


@isolated()
def leave_a_timer() -> int:
    signal.setitimer(signal.ITIMER_REAL, 1)
    return os.getpid()


@isolated()
def grow(size: int) -> int:
    """Keeps memory after its end."""
    kept.append(b"\1" * size)
    return os.getpid()


kept: list[bytes] = []


@isolated()
def devour(most: int) -> None:
    """Takes memory until the kernel ends it."""
    taken: list[bytes] = []
    while len(taken) << 20 < most:
        taken.append(b"\1" * (1 << 20))
