"""What can happen to a Redis, as faults that begin and end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from redis import Redis

from skedulr import OutOfMemory, RedisUnavailable, SkedulrError
from tests.integration.client.proxy import Proxy
from tests.support.own_server import OwnServer


@dataclass(frozen=True)
class Weather:
    """A kind of outage, and what a producer gets meanwhile."""

    name: str
    begin: Callable[[OwnServer, Proxy], None]
    end: Callable[[OwnServer, Proxy], None]
    errors: tuple[type[SkedulrError], ...]
    """What an enqueue may raise; empty where it may only take its time."""

    refuses_login: bool = False

    def __str__(self) -> str:
        return self.name


def _kill(redis: OwnServer, proxy: Proxy) -> None:
    redis.kill()


def _start(redis: OwnServer, proxy: Proxy) -> None:
    redis.start()


def _freeze(redis: OwnServer, proxy: Proxy) -> None:
    redis.freeze()


def _thaw(redis: OwnServer, proxy: Proxy) -> None:
    redis.thaw()


def _slow(seconds: float) -> Callable[[OwnServer, Proxy], None]:
    def act(redis: OwnServer, proxy: Proxy) -> None:
        proxy.delay = seconds

    return act


def _halve(redis: OwnServer, proxy: Proxy) -> None:
    proxy.halves = True


def _make_whole(redis: OwnServer, proxy: Proxy) -> None:
    proxy.halves = False


def _demote(redis: OwnServer, proxy: Proxy) -> None:
    """A replica of a primary that is not there keeps its data, and refuses writes."""
    redis.client().replicaof("127.0.0.1", "1")


def _promote(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().replicaof("NO", "ONE")


def _fill(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().config_set("maxmemory", 1)


def _empty(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().config_set("maxmemory", 0)


def _want_replicas(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().config_set("min-replicas-to-write", 1)


def _want_none(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().config_set("min-replicas-to-write", 0)


def _change_password(redis: OwnServer, proxy: Proxy) -> None:
    redis.client().config_set("requirepass", "another")
    proxy.cut()


def _change_it_back(redis: OwnServer, proxy: Proxy) -> None:
    password = urlsplit(redis.url).password or ""
    with Redis.from_url(redis.url.replace(password, "another")) as client:
        client.config_set("requirepass", password)


AWAY = (RedisUnavailable,)

WEATHERS = (
    Weather("restarted with its append-only file", _kill, _start, AWAY),
    Weather("frozen", _freeze, _thaw, AWAY),
    Weather("slow, a second a reply", _slow(1.0), _slow(0.0), AWAY),
    Weather("slower than the time limit", _slow(6.0), _slow(0.0), AWAY),
    Weather("connections end within replies", _halve, _make_whole, AWAY),
    Weather("read-only", _demote, _promote, AWAY),
    Weather("without the replicas that it wants", _want_replicas, _want_none, AWAY),
    Weather("full", _fill, _empty, (OutOfMemory,)),
    Weather("password changed", _change_password, _change_it_back, AWAY, refuses_login=True),
)
"""Those in which Redis keeps all that it has acknowledged."""
