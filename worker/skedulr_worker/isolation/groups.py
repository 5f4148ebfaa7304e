"""Process groups: a job process leads one, so that it ends with all that its jobs have started."""

from __future__ import annotations

import contextlib
import os
import signal


def kill_group(pid: int) -> None:
    """End a process group; no error where it has ended, or there never was one (0)."""
    if not pid:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
