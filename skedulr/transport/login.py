"""Logs a sync connection in, in one trip.

redis-py asks for one thing after the other, waits for each answer as long as a server goes on
sending drops, and tells the server names that nobody here needs. The async client logs in by
redis-py, within a time limit of its own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import cast

import redis
from redis import exceptions

from skedulr.transport import connection as link


def log_in(connection: redis.Connection, time_limit: float) -> None:
    """Say who this is and which database it wants; all of it within ``time_limit`` seconds.

    Raises what redis-py raises, as ``AuthenticationError`` for a wrong password.
    """
    connection._parser.on_connect(connection)
    # A public name for it came to redis-py long after 5.2.
    to_server = cast(socket.socket, connection._sock)
    until = time.monotonic() + time_limit
    commands = [*_commands(connection)]
    reader = link.reply_reader()
    try:
        to_server.sendall(b"".join(commands))
        for _ in commands:
            while (reply := reader.gets()) is link.NO_REPLY:
                to_server.settimeout(max(until - time.monotonic(), 0.001))
                data = to_server.recv(link.READ_AT_ONCE)
                if not data:
                    raise exceptions.ConnectionError("the server closed the connection")
                reader.feed(data)
            if isinstance(reply, Exception):
                raise reply
    except OSError as error:
        raise link.in_redis_terms(error) from error
    to_server.settimeout(time_limit)


def _commands(connection: redis.Connection) -> Iterator[bytes]:
    if connection.username or connection.password:
        names = [connection.username] if connection.username else []
        yield link.pack("AUTH", *names, connection.password or "")
    yield link.pack("CLIENT", "SETNAME", link.CLIENT_NAME)
    if connection.db:
        yield link.pack("SELECT", connection.db)
