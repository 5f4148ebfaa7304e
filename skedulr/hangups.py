"""SIGHUP, which comes when a terminal closes: a wish to stop, and nobody sees any more what is
printed.
"""

from __future__ import annotations

import errno
import os
import signal
import termios
from typing import Any, Final

_STANDARD: Final = (0, 1, 2)
_GONE: Final = (errno.EIO, errno.ENXIO)


def is_heard() -> bool:
    """Whether SIGHUP means anything to this process: to what `nohup` starts it does not, and so it
    stays for the processes that come from it.
    """
    return signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN


def let_go_of_terminal(*_: Any) -> None:
    """Print nowhere instead of to a terminal that has closed: there, a job that still finishes
    would get an error from ``print``.
    """
    for descriptor in _STANDARD:
        if _has_closed(descriptor):
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)


def _has_closed(descriptor: int) -> bool:
    try:
        termios.tcgetattr(descriptor)
    except termios.error as error:
        return error.args[0] in _GONE
    return False
