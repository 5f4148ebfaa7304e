"""The data folder of an embedded server: who runs there, its address, its files."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from skedulr.embedded import descriptors
from skedulr.embedded.errors import EmbeddedServerError, FolderInUse
from skedulr.embedded.ports import HOST

if sys.platform != "win32":
    import fcntl

_LOG_LIMIT = 1_000_000
_ENDING_SECONDS = 5.0
_GLANCE_SECONDS = 0.5
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class RunningServer:
    """Where a server is reached and whose it is."""

    port: int
    password: str = field(repr=False)
    pid: int
    """The server's process; 0 while it is being started."""
    owner: int
    """The process of the program that started it and ends it."""

    @property
    def url(self) -> str:
        """The URL to connect to; it holds the password, so it is not for logs."""
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @property
    def safe_url(self) -> str:
        """The URL with its password masked."""
        return f"redis://:***@{HOST}:{self.port}/0"


class DataFolder:
    """One folder and the files that the embedded server keeps in it.

    `lock` is locked for as long as a server runs; `server.json` says where it is reached;
    `server.conf` is written anew at every start. The latter two hold the password and are readable
    by their owner alone.
    """

    def __init__(self, path: Path, *, is_temporary: bool = False) -> None:
        self.path = path.absolute()
        self.is_temporary = is_temporary
        self.log = self.path / "server.log"
        self.configuration = self.path / "server.conf"
        self.append_only = self.path / "appendonlydir"
        self._lock = self.path / "lock"
        self._memo = self.path / "server.json"

    @classmethod
    def temporary(cls) -> Self:
        """Make a new folder that is to vanish with its server."""
        return cls(Path(tempfile.mkdtemp(prefix="skedulr-")), is_temporary=True)

    def discard(self) -> None:
        """Remove the folder if it is a temporary one."""
        if self.is_temporary:
            shutil.rmtree(self.path, ignore_errors=True)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the file system refuses into an `EmbeddedServerError`."""
        try:
            yield
        except OSError as error:
            raise EmbeddedServerError(
                f"the data folder {self.path} cannot be used: {error.strerror or error}",
                "choose a folder that this user can write to",
            ) from error

    def prepare(self) -> None:
        """Make the folder, closed to other users, and keep its log from growing for ever."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)

    def lock(self) -> int:
        """Return the descriptor of the lock once it is ours, or raise `FolderInUse`.

        A server whose owner is gone is about to end: it is waited for, 5 seconds at most.
        """
        descriptor = descriptors.own(os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600))
        started = time.monotonic()
        while not _try_lock(descriptor, exclusively=True):
            running = self.recall()
            owned = running is not None and _exists(running.owner)
            if time.monotonic() - started > (_GLANCE_SECONDS if owned else _ENDING_SECONDS):
                descriptors.close(descriptor)
                raise self._in_use(running)
            time.sleep(_POLL_SECONDS)
        return descriptor

    def is_locked(self) -> bool:
        """Tell whether a server runs here."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not _try_lock(descriptor, exclusively=False)
        finally:
            os.close(descriptor)

    def remember(self, server: RunningServer) -> None:
        """Write down where the server is reached."""
        self.write_private(self._memo, json.dumps(asdict(server)))

    def recall(self) -> RunningServer | None:
        """Return what was remembered last, of a server that may have ended since."""
        try:
            return RunningServer(**json.loads(self._memo.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write_private(self, path: Path, text: str) -> None:
        """Write a file that only its owner can read, whole or not at all."""
        draft = path.with_name(path.name + ".new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(path)

    def _in_use(self, running: RunningServer | None) -> FolderInUse:
        who = (
            f"process {running.pid} on port {running.port}, started by process {running.owner}"
            if running and running.pid
            else "it is just being started"
        )
        return FolderInUse(
            f"a server runs on the data folder {self.path} already: {who}",
            "use that one, end it first, or choose another folder",
        )


def find_running(folder: Path) -> RunningServer | None:
    """Return the server that runs on a data folder, or None where none runs or is just starting."""
    data = DataFolder(folder)
    running = data.recall() if data.is_locked() else None
    return running if running and running.pid else None


def _try_lock(descriptor: int, *, exclusively: bool) -> bool:
    try:
        kind = fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
