"""Runs the coordinator as a process of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from types import FrameType

import uvicorn
from fastapi import FastAPI

from skedulr import hangups
from skedulr.app import Skedulr
from skedulr.config import NAMESPACE_VARIABLE, URL_VARIABLE
from skedulr.errors import ConfigurationError, SkedulrError
from skedulr.transport import urls
from skedulr_coordinator.app import create_app
from skedulr_coordinator.guard import is_this_machine
from skedulr_coordinator.token import FILE_VARIABLE, TOKEN_VARIABLE, Token, find_token

__all__ = ["Settings", "main", "run"]


@dataclass(frozen=True)
class Settings:
    """Where a coordinator listens, and for whom; ``ConfigurationError`` says what is unsafe."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free one."""
    root_path: str = ""
    """The prefix that a proxy cuts off before it passes requests on."""
    token: Token | None = field(default=None, repr=False)
    redis_url: str = field(default="redis://localhost:6379/0", repr=False)
    namespace: str = "skedulr"

    def __post_init__(self) -> None:
        if self.token is None and not is_this_machine(self.host):
            raise ConfigurationError(
                f"without a token nobody but this machine may reach it, so it does not listen on "
                f"{self.host}: set {TOKEN_VARIABLE}, or {FILE_VARIABLE} (--token-file) to a file "
                "that holds one or is to be made, or leave out SKEDULR_HOST (--host)"
            )
        if self.root_path and (self.root_path[0] != "/" or self.root_path[-1] == "/"):
            raise ConfigurationError(
                f"the root path is {self.root_path!r}: begin it with / and end it without one"
            )

    @property
    def reach(self) -> str:
        """Who may use it, in words."""
        if self.token is not None:
            where = "this machine only" if is_this_machine(self.host) else "other machines, too"
            return f"{where}; a token is needed"
        return f"this machine only, without a token; {TOKEN_VARIABLE} and SKEDULR_HOST change that"


class _Server(uvicorn.Server):
    """A server that ends the streams of events when it is to stop, instead of waiting for them."""

    def __init__(self, served: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                served, log_level="warning", root_path=settings.root_path, server_header=False
            )
        )
        self._served = served
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._served.state.coordinator.feed.close)


def run(settings: Settings) -> None:
    """Serve the coordinator until SIGTERM, SIGINT or SIGHUP, and print where it listens.

    Raises ``OSError`` where the address cannot be listened on, ``ConfigurationError`` for a wrong
    Redis URL.
    """
    app = Skedulr(settings.redis_url, namespace=settings.namespace)
    _ = app.address  # an URL that is none is said now
    served = create_app(app, token=settings.token)
    with _listen(settings.host, settings.port) as listener:
        address = _url(settings.host, listener.getsockname()[1]) + settings.root_path
        served.state.coordinator.record.address = address
        print(f"skedulr coordinator: {address} ({settings.reach})", flush=True)
        _end_well()
        _Server(served, settings).run(sockets=[listener])
    app.close()


def _end_well() -> None:
    """uvicorn raises the signal that ended it once more when it is done: that is no failure. A
    terminal that closes is one more wish to end, which uvicorn does not know.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    if hangups.is_heard():
        signal.signal(signal.SIGHUP, _hang_up)


def _hang_up(*_: object) -> None:
    hangups.let_go_of_terminal()
    signal.raise_signal(signal.SIGTERM)


def main() -> int:
    """Run the coordinator as the environment says, and return the exit code.

    ``SKEDULR_HOST``, ``SKEDULR_PORT``, ``SKEDULR_ROOT_PATH``, ``SKEDULR_TOKEN``,
    ``SKEDULR_TOKEN_FILE``, ``SKEDULR_REDIS_URL`` and ``SKEDULR_NAMESPACE`` are read; an empty one
    counts as unset.
    """
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)-7s %(message)s")
    try:
        settings = _from_environment()
        run(settings)
    except OSError as error:
        return _refuse(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror});"
            " choose another with SKEDULR_HOST and SKEDULR_PORT, port 0 takes a free one"
        )
    except SkedulrError as error:
        return _refuse(str(error))
    return 0


def _from_environment() -> Settings:
    port = os.environ.get("SKEDULR_PORT") or "8080"
    if not port.isdecimal() or int(port) > 65535:
        raise ConfigurationError(f"SKEDULR_PORT is {port!r}, and must be a number from 0 to 65535")
    redis = os.environ.get(URL_VARIABLE) or Settings.redis_url
    urls.check(URL_VARIABLE, redis)
    return Settings(
        os.environ.get("SKEDULR_HOST") or Settings.host,
        int(port),
        os.environ.get("SKEDULR_ROOT_PATH") or "",
        find_token(),
        redis,
        os.environ.get(NAMESPACE_VARIABLE) or Settings.namespace,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _refuse(reason: str) -> int:
    print(f"skedulr coordinator: {reason}", file=sys.stderr)
    return 2
