"""What a sync connection says first, in one trip.

redis-py asks for one thing after the other, waits for each answer as long as a server goes on
sending drops, and tells the server names that nobody here needs. The async client logs in by
redis-py, within a time limit of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import redis

from skedulr.transport import connection as link


def leave_login(*_: object) -> None:
    """Keep redis-py from logging in."""


def login(connection: redis.Connection) -> Iterator[bytes]:
    """The packed commands that say who this is and which database it wants."""
    if connection.username or connection.password:
        names = [connection.username] if connection.username else []
        yield link.pack("AUTH", *names, connection.password or "")
    yield link.pack("CLIENT", "SETNAME", link.CLIENT_NAME)
    if connection.db:
        yield link.pack("SELECT", connection.db)
