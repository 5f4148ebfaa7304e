"""What a forked process owes to its parent: to forget what is the parent's, and not to outlive
it.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from typing import Final

from skedulr import hangups

_PR_SET_PDEATHSIG: Final = 1

# Looked up before any fork, so that the child has nothing to load.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """End this process by SIGKILL when ``parent`` ends, at once if it has ended already.

    Only Linux offers this; elsewhere the end of the pipe from the parent has to do.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def forget_the_supervisor() -> None:
    """Drop what a fork copies and only the supervisor may use: its way to hear of signals."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    if hangups.is_heard():
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    asyncio.set_event_loop(None)
