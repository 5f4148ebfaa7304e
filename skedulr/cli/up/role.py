"""A role that runs beside `skedulr up`, as a process that ends with it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from skedulr.embedded.kept import KeptProcess
from skedulr.embedded.ports import HOST

REFUSED: Final = 2
"""The exit code of a role that cannot work as it is set up."""

LAST_WORDS: Final = 12
"""Lines of a role's log that its obituary quotes."""

_LOG_LIMIT: Final = 1_000_000
_GRACE_WITHOUT_US: Final = 3.0
"""Seconds that a role gets to end when `skedulr up` itself is gone, and Redis with it."""


class Role:
    """One process, its log, and what to do when it is to end."""

    def __init__(
        self,
        name: str,
        module: str,
        log: Path,
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._module = module
        self._arguments = list(arguments)
        self._environment = dict(environment or {})
        self._kept: KeptProcess | None = None
        self.log = Log(log)

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        self.end()
        self._kept = KeptProcess(
            {
                "command": [sys.executable, "-P", "-m", self._module, *self._arguments],
                "private": False,
                "lock": None,
                "remove": None,
                "end_by": signal.SIGTERM,
                "grace": _GRACE_WITHOUT_US,
            },
            folder=Path.cwd(),
            log=self.log.path,
            environment={"PYTHONUNBUFFERED": "1", **self._environment},
        )

    @property
    def pid(self) -> int:
        """Its process; 0 while there is none."""
        return self._kept.pid if self._kept else 0

    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._kept is not None and self._kept.exit_code() is None

    def ask_to_stop(self) -> None:
        """Let it finish what it does, and end."""
        if self._kept is not None:
            self._kept.send(signal.SIGTERM)

    def kill(self) -> None:
        """End it now."""
        if self._kept is not None:
            self._kept.send(signal.SIGKILL)

    def end(self) -> None:
        """Return when nothing of it runs any more."""
        if self._kept is not None:
            self._kept.end()
            self._kept = None

    def is_beyond_help(self) -> bool:
        """Whether it has refused its settings."""
        return self._kept is not None and self._kept.exit_code() == REFUSED

    def obituary(self) -> str:
        """How it ended, with the last lines that it wrote."""
        code = self._kept.exit_code() if self._kept else None
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        said = "".join(f"\n  {line}" for line in self.log.last(LAST_WORDS))
        return f"the {self.name} ended {how}; the last lines of {self.log.path}:{said}"


@dataclass
class Log:
    """A role's log: written by the role, followed by `skedulr up`."""

    path: Path
    _read: int = field(default=0, init=False)
    _rest: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > _LOG_LIMIT:
            self.path.replace(self.path.with_suffix(".log.1"))
        self.path.touch(mode=0o600)
        self._read = self.path.stat().st_size

    def news(self) -> Iterator[str]:
        """The lines that were completed since the last call."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return (line.decode(errors="replace") for line in lines)

    def last(self, most: int) -> list[str]:
        """The last lines."""
        return self.path.read_text(errors="replace").splitlines()[-most:]


def listens(port: int) -> bool:
    """Whether something on this machine accepts connections on that port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0
