"""Clients that are closed with the test."""

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.waiting import PATIENT


class Clients:
    """Makes clients of one server and closes them all."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[Redis] = []

    def new(self, **options: Any) -> Redis:
        """Return a client that answers in bytes, does not retry, and is patient."""
        defaults = {"socket_timeout": PATIENT, "retry": Retry(NoBackoff(), 0)}
        self._made.append(Redis.from_url(self._url, **{**defaults, **options}))
        return self._made[-1]

    def close(self) -> None:
        """Close all clients."""
        while self._made:
            self._made.pop().close()
