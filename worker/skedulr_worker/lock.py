"""One lock file: whoever holds it proves by that that it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Holder(NamedTuple):
    """Whose lock it is."""

    instance: str
    worker: str
    """The name of this start of the worker."""
    id: str
    """The name that the worker was given."""
    pools: Sequence[str]
    pid: int
    """In the process' own namespace: for people."""


class Lock:
    """A locked file; ``descriptor`` holds it, and every fork that has inherited that."""

    def __init__(self, path: Path, descriptor: int, holder: Holder) -> None:
        self.path = path
        self.descriptor = descriptor
        self.holder = holder
        self._probe = -1
        """The same file opened anew, which holds nothing."""

    def close(self) -> None:
        """Hold it no more in this process; others that share it still do."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def is_free(self) -> bool:
        """Whether nothing holds it any more. Asking gives up this process' own part in it, and
        where it was free it is held again.
        """
        if self._probe < 0:  # not by its name, under which it may not stand any more
            try:
                self._probe = _open_anew(self.descriptor)
            except OSError:
                return False
        self.close()
        if not is_locked(self._probe):
            return False
        self.descriptor, self._probe = self._probe, -1
        return True

    def remove(self) -> bool:
        """The instance is over and done with; false where the file cannot be removed. Then it is
        held on, so that nobody takes it again and again.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return False
        self.forget()
        return True

    def forget(self) -> None:
        """Have nothing more to do with it in this process."""
        self.close()
        if self._probe >= 0:
            os.close(self._probe)
            self._probe = -1

    def touch(self) -> None:
        """Let the file look used: systems clean their temporary folders of what is old."""
        if self.descriptor >= 0:
            with contextlib.suppress(OSError):
                os.utime(self.descriptor)


def is_locked(descriptor: int) -> bool:
    """Lock it if nothing else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_anew(descriptor: int) -> int:
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
