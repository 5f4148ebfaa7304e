"""Runs the coordinator as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import sys

import uvicorn

from skedulr.app import Skedulr
from skedulr.config import NAMESPACE_VARIABLE, URL_VARIABLE
from skedulr.errors import SkedulrError
from skedulr_coordinator.app import create_app

__all__ = ["main", "run"]

DEFAULT_REDIS_URL = "redis://localhost:6379/0"
_DEFAULT_HOST = "127.0.0.1"
_DEFAULT_PORT = 8080
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(
    host: str = _DEFAULT_HOST,
    port: int = _DEFAULT_PORT,
    redis_url: str = DEFAULT_REDIS_URL,
    namespace: str = "skedulr",
) -> None:
    """Serve the coordinator until SIGTERM or SIGINT, and print where it listens.

    :param host: address to listen on; by default only this machine can reach it.
    :param port: TCP port; 0 takes a free one.
    :param redis_url: where the tasks are.
    :param namespace: the application whose tasks these are.
    :raises OSError: the address cannot be listened on.
    :raises ConfigurationError: ``redis_url`` is no Redis URL.
    """
    app = Skedulr(redis_url, namespace=namespace)
    _ = app.address  # an URL that is none is said now
    served = create_app(app)
    with _listen(host, port) as listener:
        port = listener.getsockname()[1]
        served.state.coordinator.record.address = _url(host, port)
        print(_announcement(host, port), flush=True)
        config = uvicorn.Config(served, log_level="warning")
        _end_well()
        uvicorn.Server(config).run(sockets=[listener])


def _end_well() -> None:
    """uvicorn raises the signal that ended it once more when it is done: that is no failure."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def main() -> int:
    """Run the coordinator as the environment says, and return the exit code.

    ``SKEDULR_HOST``, ``SKEDULR_PORT``, ``SKEDULR_REDIS_URL`` and ``SKEDULR_NAMESPACE`` are read;
    an empty one counts as unset.
    """
    host = os.environ.get("SKEDULR_HOST") or _DEFAULT_HOST
    port = os.environ.get("SKEDULR_PORT") or str(_DEFAULT_PORT)
    if not port.isdecimal() or int(port) > 65535:
        return _refuse(f"SKEDULR_PORT is {port!r}, and must be a number from 0 to 65535")
    try:
        run(
            host,
            int(port),
            os.environ.get(URL_VARIABLE) or DEFAULT_REDIS_URL,
            os.environ.get(NAMESPACE_VARIABLE) or "skedulr",
        )
    except OSError as error:
        return _refuse(
            f"cannot listen on {host}:{port} ({error.strerror});"
            " choose another with SKEDULR_HOST and SKEDULR_PORT, port 0 takes a free one"
        )
    except SkedulrError as error:
        return _refuse(str(error))
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _announcement(host: str, port: int) -> str:
    reach = "this machine only" if host in _LOOPBACK else "reachable from other machines"
    return f"skedulr coordinator: {_url(host, port)} ({reach}; SKEDULR_HOST changes it)"


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _refuse(reason: str) -> int:
    print(f"skedulr coordinator: {reason}", file=sys.stderr)
    return 2
