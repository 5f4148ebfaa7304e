"""One sync connection: redis-py connects, in time; what comes after is sent and read here.

A producer that calls now and then pays for each layer with cold caches.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any, cast

import redis
from redis import exceptions

from skedulr.transport import connection as link
from skedulr.transport.connection import Address
from skedulr.transport.login import leave_login, login
from skedulr.transport.opening import open_in_time


class BlockingLine:
    """One connection for one thread at a time; it connects when it first sends."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: redis.Connection | None = None
        self._limit = address.time_limit
        self._socket: socket.socket | None = None
        self._reader = link.reply_reader()

    @property
    def is_open(self) -> bool:
        """Whether replies to what was sent may still come."""
        return self._socket is not None

    def send(self, data: bytes) -> None:
        """Send packed commands; raises what ``connection.UNREACHED`` lists."""
        try:
            (self._socket or self._connect()).sendall(data)
        except OSError as error:
            raise link.in_redis_terms(error) from error

    def read(self) -> Any:
        """The next reply; raises it where it is a refusal, or what ``connection.UNREACHED`` lists
        when none begins within the address' time limit, or ends within another.
        """
        gets = self._reader.gets
        reply = gets()
        if reply is link.NO_REPLY:
            self._receive()
            reply = gets()
            if reply is link.NO_REPLY:  # but a part of it: the rest has as much time as that had
                reply = self._read_until(time.monotonic() + self._limit)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @contextlib.contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """A reply may take so many seconds longer than the address allows."""
        self._limit = self._address.time_limit + seconds
        self._wait_for_at_most(self._limit)
        try:
            yield
        finally:
            self._limit = self._address.time_limit
            self._wait_for_at_most(self._limit)

    def close(self) -> None:
        """Close it; what was under way gets no reply. It opens again when it next sends."""
        self._socket = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def _connect(self) -> socket.socket:
        connection = self._address.open()
        connection.redis_connect_func = leave_login
        open_in_time(connection, self._address.time_limit)
        self._connection = connection
        # A public name for it came to redis-py long after 5.2.
        self._socket = cast(socket.socket, connection._sock)
        self._reader = link.reply_reader()
        try:
            self._log_in(connection, self._socket)
        except BaseException:
            self.close()
            raise
        return self._socket

    def _log_in(self, connection: redis.Connection, to_server: socket.socket) -> None:
        """Raises as ``read``, for all of it, and ``AuthenticationError`` for a wrong password."""
        until = time.monotonic() + self._limit
        commands = [*login(connection)]
        to_server.sendall(b"".join(commands))
        for _ in commands:
            reply = self._read_until(until)
            if isinstance(reply, Exception):
                raise reply

    def _read_until(self, until: float) -> Any:
        """The next reply, if all of it comes until that moment (monotonic seconds)."""
        try:
            while (reply := self._reader.gets()) is link.NO_REPLY:
                left = until - time.monotonic()
                if left <= 0:
                    raise exceptions.TimeoutError("not the whole reply in time")
                self._wait_for_at_most(left)
                self._receive()
        finally:
            self._wait_for_at_most(self._limit)
        return reply

    def _receive(self) -> None:
        if self._socket is None:
            raise exceptions.ConnectionError("the connection is closed")
        try:
            data = self._socket.recv(link.READ_AT_ONCE)
        except OSError as error:
            raise link.in_redis_terms(error) from error
        if not data:
            raise exceptions.ConnectionError("the server closed the connection")
        self._reader.feed(data)

    def _wait_for_at_most(self, seconds: float) -> None:
        if self._socket is not None:
            self._socket.settimeout(seconds)
