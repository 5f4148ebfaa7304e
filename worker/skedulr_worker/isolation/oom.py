"""Tells whether the kernel has killed for want of memory."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

_VMSTAT: Final = Path("/proc/vmstat")
_PREFERRED: Final = 500
"""What is added to a job process' ``oom_score_adj``, so that it goes before those that others
depend on.
"""


class OomCounter:
    """Counts the kernel's kills for want of memory: those of this process' control group where it
    shows them (``memory.events``, ``memory.oom_control``), else those of the whole machine.
    """

    def __init__(self) -> None:
        self._file = _file()
        self._seen = self._count()

    def has_risen(self) -> bool:
        """Whether it has killed since the last look; no on a system that does not tell."""
        before, self._seen = self._seen, self._count()
        return self._seen > before

    def _count(self) -> int:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                for line in self._file.read_text().splitlines():
                    name, _, count = line.partition(" ")
                    if name == "oom_kill":
                        return int(count)
        return 0


def prefer_this_process() -> None:
    """Let the kernel end this process before others when memory is short."""
    with contextlib.suppress(OSError, ValueError):
        file = Path("/proc/self/oom_score_adj")
        file.write_text(str(min(1000, int(file.read_text()) + _PREFERRED)))


def _file() -> Path | None:
    for file in (*_files_of_the_group(), _VMSTAT):
        with contextlib.suppress(OSError):
            if "oom_kill " in file.read_text():
                return file
    return None


def _files_of_the_group() -> list[Path]:
    files: list[Path] = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for inside in (path.lstrip("/"), ""):  # in a container, its own group is the root
                if not controllers:
                    files.append(Path("/sys/fs/cgroup", inside, "memory.events"))
                elif "memory" in controllers.split(","):
                    files.append(Path("/sys/fs/cgroup/memory", inside, "memory.oom_control"))
    return files
