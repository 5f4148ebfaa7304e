"""A process that must not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

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
