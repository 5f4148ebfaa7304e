"""A TCP proxy in front of Redis that loses replies, and connections, where a test says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from enum import Enum
from itertools import count
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65536


class Fault(Enum):
    """What becomes of a reply that the server has given."""

    CLOSE = "the client sees the connection close instead of the reply"
    SWALLOW = "the client waits for it in vain"
    TRICKLE = "it comes a byte at a time, for ever"


class Proxy:
    """Passes everything on, but for the replies to requests that hold a word which was named."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.server = parts.hostname or "localhost", parts.port or 6379
        """Where new connections lead."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._parts = parts
        self.url = self.url_of(parts.username or "", parts.password or "")
        self.delay = 0.0
        """Seconds that each reply takes more."""
        self.withheld = b""
        """Replies with this word wait until it is withheld no more."""
        self.unsent = b""
        """Requests with this word wait as well, before the server has them."""
        self.halves = False
        """Whether connections end in the middle of a reply."""
        self.connections = 0
        """How many the clients have opened."""
        self._plan = _Plan(b"(no request holds this)", Fault.CLOSE, range(0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def url_of(self, user: str, password: str) -> str:
        """The URL of the proxy for a user."""
        place = f"127.0.0.1:{self._listener.getsockname()[1]}"
        return urlunsplit(self._parts._replace(netloc=f"{user}:{password}@{place}"))

    def lose(self, word: bytes, fault: Fault = Fault.CLOSE, times: int = 1, after: int = 0) -> None:
        """Lose the replies to the next `times` requests with that word, after so many others."""
        self._plan = _Plan(word, fault, range(after, after + times))

    def cut(self) -> None:
        """Close all connections that there are."""
        for each in self._sockets:
            _shut(each)

    def close(self) -> None:
        """End it all."""
        self.withheld = self.unsent = b""
        _shut(self._listener)
        self.cut()
        for thread in self._threads:
            thread.join(5)
        for each in self._sockets:
            each.close()
        self._listener.close()

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                try:
                    server = socket.create_connection(self.server)
                except OSError:  # nobody listens there now
                    client.close()
                    continue
                self._sockets += client, server
                lost = _Lost()
                self._run(self._requests, client, server, lost)
                self._run(self._replies, client, server, lost)

    def _requests(self, client: socket.socket, server: socket.socket, lost: _Lost) -> None:
        tail = b""
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                plan = self._plan
                tail += data
                for _ in range(tail.count(plan.word)):
                    lost.fault = plan.next_fault() or lost.fault
                tail = tail[-len(plan.word) + 1 :]
                while self.unsent and self.unsent in data:
                    time.sleep(0.01)
                server.sendall(data)
        _shut(server)

    def _replies(self, client: socket.socket, server: socket.socket, lost: _Lost) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                if self.delay:
                    time.sleep(self.delay)
                while self.withheld and self.withheld in data:
                    time.sleep(0.01)
                if lost.fault is Fault.CLOSE:
                    break
                if lost.fault is Fault.TRICKLE:
                    _trickle(client)
                if self.halves and len(data) > 1:
                    client.sendall(data[: len(data) // 2])
                    break
                if lost.fault is None:
                    client.sendall(data)
        _shut(client)


class _Plan:
    """Which requests lose their reply, counted over all connections."""

    def __init__(self, word: bytes, fault: Fault, doomed: range) -> None:
        self.word = word
        self._fault = fault
        self._doomed = doomed
        self._numbers = count()

    def next_fault(self) -> Fault | None:
        return self._fault if next(self._numbers) in self._doomed else None


class _Lost:
    """What one connection loses from now on."""

    fault: Fault | None = None


def _trickle(client: socket.socket) -> None:
    """Send the beginning of a long text, and more of it until the client has gone."""
    client.sendall(b"$1000000000\r\n")
    while True:
        client.sendall(b"x")
        time.sleep(0.02)


def _shut(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
