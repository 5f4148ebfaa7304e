"""The way from an app to its Redis: opened when it is first needed."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from skedulr.coalescer import Coalescer
from skedulr.config import URL_VARIABLE
from skedulr.errors import ConfigurationError
from skedulr.results import AsyncResults, Results
from skedulr.transport import urls
from skedulr.transport.aio import AsyncClient
from skedulr.transport.client import Client
from skedulr.transport.connection import Address

if TYPE_CHECKING:
    from skedulr.app import Skedulr


def _url_of_environment() -> str:
    url = os.environ.get(URL_VARIABLE, "")
    if url:
        urls.check(URL_VARIABLE, url)
    return url


_all: WeakSet[Connections] = WeakSet()


class Connections:
    """The clients of one app.

    Without a URL ``SKEDULR_REDIS_URL`` counts, and without that an embedded server is started,
    which lives as long as the process.
    """

    def __init__(self, app: Skedulr, url: str | None) -> None:
        if url is not None:
            Address(url)
        self._app = app
        self._url = url
        self._lock = threading.RLock()
        self._address: Address | None = None
        self._client: Client | None = None
        self._results: Results | None = None
        self._embedded: Any = None
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, OnLoop] = WeakKeyDictionary()
        self.registered: set[str] = set()
        """Pools that the server knows; none after a connection broke, for it may have restarted
        with an empty memory.
        """
        _all.add(self)

    @property
    def named_url(self) -> str | None:
        """The URL that the code itself gave, if it gave one; it may hold a password."""
        return self._url

    @property
    def address(self) -> Address:
        """Where Redis is, and how long a call may take."""
        with self._lock:
            if self._address is None:
                url = self._url or _url_of_environment() or self._start_embedded()
                self._address = Address(url, self._app.config.call_seconds)
            return self._address

    @property
    def client(self) -> Client:
        """The sync client, shared by all threads."""
        client = self._client
        if client is None:
            with self._lock:
                client = self._client = self._client or Client(self.address, self.registered.clear)
        return client

    @property
    def results(self) -> Results:
        """What waits for results in threads."""
        results = self._results
        if results is None:
            with self._lock:
                results = self._results = self._results or Results(self.client)
        return results

    @property
    def here(self) -> OnLoop:
        """What there is for the running event loop."""
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            with self._lock:
                self._forget_closed_loops()
                found = self._loops[loop] = OnLoop(self._app, self.address, self.registered.clear)
        return found

    def close(self) -> None:
        """Close the sync connections, and stop the embedded server if there is one."""
        with self._lock:
            self._forget_closed_loops()
            if self._client is not None:
                self._client.close()
            if self._embedded is not None:
                self._embedded.stop()
                self._embedded = self._address = self._client = self._results = None
                self._loops.clear()
                self.registered.clear()

    def _forget_closed_loops(self) -> None:
        for loop in [each for each in self._loops if each.is_closed()]:
            del self._loops[loop]

    def forked(self) -> None:
        """Another thread of the parent may have held the lock: here it would never be released."""
        self._lock = threading.RLock()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        found = self._loops.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.results.close()
            await found.client.close()

    def _start_embedded(self) -> str:
        try:
            embedded = importlib.import_module("skedulr.embedded")
            self._embedded = embedded.EmbeddedServer(None)
            self._embedded.start()
        except ConfigurationError as error:
            problem = getattr(error, "problem", error)  # without what to do, which follows
            raise ConfigurationError(
                f"no Redis is named, and no embedded one can be started ({problem}); give Skedulr()"
                f' a URL, set {URL_VARIABLE}, or pip install "skedulr[embedded]"'
            ) from error
        self._app.logger.warning(
            "no Redis is named: an embedded server at %s holds the tasks until this process ends",
            self._embedded.safe_url,
        )
        return str(self._embedded.url)


class OnLoop:
    """The async client of one event loop, and what works over it."""

    def __init__(self, app: Skedulr, address: Address, on_loss: Callable[[], None]) -> None:
        self.client = AsyncClient(address, on_loss)
        self.results = AsyncResults(self.client)
        self.coalescer = Coalescer(app)


def _forked() -> None:
    for connections in _all:
        connections.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
