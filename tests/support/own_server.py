"""Servers that one test has for itself, to kill, restart, freeze or fill."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from redis import Redis

from skedulr.embedded import EmbeddedServer
from tests.support.choice import chosen_binary
from tests.support.clients import Clients
from tests.support.waiting import wait_until


class OwnServer:
    """A running server on a folder and a port of its own, which it keeps through restarts."""

    def __init__(self, folder: Path, *, appendonly: bool, config: Mapping[str, str]) -> None:
        self.embedded = EmbeddedServer(
            folder, binary=chosen_binary(), appendonly=appendonly, config=config
        ).start()
        self._clients = Clients(self.url)

    @property
    def url(self) -> str:
        """The URL with the password, the same through restarts."""
        return self.embedded.url

    @property
    def port(self) -> int:
        """The port, the same through restarts."""
        return self.embedded.port

    @property
    def pid(self) -> int:
        """The process of the server."""
        return self.embedded.pid

    @property
    def is_running(self) -> bool:
        """Whether the server runs, frozen or not."""
        return self.embedded.is_running

    def client(self, **options: object) -> Redis:
        """Return a client that is closed with the test."""
        return self._clients.new(**options)

    def kill(self) -> None:
        """Kill the server as a crash would, and return when it has ended."""
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not self.is_running, what="the end of the killed server")

    def stop(self) -> None:
        """End the server as an administrator would."""
        self.embedded.stop()

    def start(self) -> None:
        """Start the server again after `kill` or `stop`, at the same address."""
        port = self.port
        self.embedded.start()
        assert self.port == port, "another program took the port of the server in the meantime"

    def restart(self) -> None:
        """Stop the server if it runs, and start it at the same address."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop the server from doing anything: it accepts connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def end(self) -> None:
        """End it for good."""
        self._clients.close()
        self.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Callable[..., OwnServer]]:
    """Start servers for this test alone: `own_server(appendonly=True, config={...})`."""
    started: list[OwnServer] = []

    def start(*, appendonly: bool = True, config: Mapping[str, str] | None = None) -> OwnServer:
        folder = tmp_path / f"server-{len(started)}"
        started.append(OwnServer(folder, appendonly=appendonly, config=config or {}))
        return started[-1]

    yield start
    for server in started:
        server.end()
