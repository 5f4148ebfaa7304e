"""Opens a sync connection within a time limit that holds for all of it.

Sockets have time limits, but ``getaddrinfo`` has none: where no DNS server answers, it takes as
long as the system likes. So what has to look up a name does that in a thread, which is left alone
when the time is over; it keeps no program from ending, closes what it opens too late, and there are
never more than a few of them.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from typing import Final

import redis
from redis import exceptions

MOST: Final = 16
"""Connections that are opened at once; those that hang count."""

THREAD: Final = "skedulr opens a connection"

_places = threading.BoundedSemaphore(MOST)


def _forget_threads() -> None:
    """In a forked process: none of those threads is here."""
    global _places
    _places = threading.BoundedSemaphore(MOST)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def open_in_time(connection: redis.Connection, seconds: float) -> None:
    """Connect it; raises as redis-py, its ``TimeoutError`` when that takes longer. After an error
    the connection is not to be used again.
    """
    if not _needs_lookup(connection):
        connection.connect()
        return
    until = time.monotonic() + seconds
    places = _places
    if not places.acquire(timeout=seconds):
        raise exceptions.TimeoutError("other connections are being opened for too long")
    opening = _Opening(connection, places)
    try:
        threading.Thread(target=opening.run, name=THREAD, daemon=True).start()
    except RuntimeError:  # no thread can be made any more: the program ends
        opening.run()
    opening.wait(until - time.monotonic())


def _needs_lookup(connection: redis.Connection) -> bool:
    host = getattr(connection, "host", "localhost")  # a Unix socket has none
    if host == "localhost":
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


class _Opening:
    """One connection on its way, between the thread that opens it and the one that wants it."""

    def __init__(self, connection: redis.Connection, places: threading.BoundedSemaphore) -> None:
        self._connection = connection
        self._places = places
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._is_wanted = True

    def run(self) -> None:
        """Open it, and close it again where nobody wants it any more."""
        try:
            self._connection.connect()
        except BaseException as error:
            self._error = error
        finally:
            self._places.release()
        with self._lock:
            self._over.set()
            if not self._is_wanted:
                self._connection.disconnect()

    def wait(self, seconds: float) -> None:
        """Until it is open; raises why it is not, or ``TimeoutError``."""
        try:
            self._over.wait(max(seconds, 0))
        finally:
            with self._lock:
                self._is_wanted = self._over.is_set()
        if not self._is_wanted:
            raise exceptions.TimeoutError("no connection in time")
        error, self._error = self._error, None
        if error is not None:
            raise error
