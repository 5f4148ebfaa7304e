"""How skedulr reaches Redis: one address, opened as sync or async connections with the same
settings.

redis-py makes and authenticates the connections (TLS, users, sockets, databases); what is sent over
them and what becomes of an error is decided here, once for both clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

import hiredis
import redis
import redis.asyncio
from redis import exceptions

from skedulr import lua
from skedulr.commands import Command
from skedulr.errors import (
    ConfigurationError,
    OutOfMemory,
    RedisUnavailable,
    RedisUnsuitable,
    UpgradeNeeded,
)
from skedulr.record import FORMAT
from skedulr.transport import urls
from skedulr.wording import without_secrets

UNREACHED: Final = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.InvalidResponse,
    OSError,
    EOFError,
)
"""What says that nobody knows whether the command arrived. All commands may be sent again."""

FAILURES: Final = (*UNREACHED, exceptions.ResponseError)
"""What a command can fail with: nobody was reached, or the server refused it; see ``refusal``."""

CLIENT_NAME: Final = "skedulr"
"""What connections are called in the server's list of them."""

_NOT_NOW: Final = (exceptions.ReadOnlyError, exceptions.BusyLoadingError, exceptions.TryAgainError)
_NOT_NOW_WORDS: Final = (
    *("NOREPLICAS", "MISCONF", "MASTERDOWN", "CLUSTERDOWN", "UNBLOCKED"),
    "BUSY ",  # others begin with it as well, such as BUSYGROUP
)
"""Too few replicas, a disk that takes nothing, a primary that is not there, one that has just
become a replica and ends what waits on it, somebody's script that takes long.
"""


class Closed(exceptions.ConnectionError):
    """The program itself closed the connection: there is nothing to try again."""


@dataclass(frozen=True, slots=True)
class Address:
    """A Redis server: its URL, and the time limit in seconds for connecting and for each reply."""

    url: str
    time_limit: float = 2.0

    def __post_init__(self) -> None:
        if refusal := urls.refusal(self.url):
            raise ConfigurationError(refusal)

    def __repr__(self) -> str:
        return f"Address({self.shown!r})"

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return without_secrets(self.url)

    def open(self) -> redis.Connection:
        """A new connection; it connects when it first sends."""
        limits = {"socket_timeout": self.time_limit, "socket_connect_timeout": self.time_limit}
        return cast(redis.Connection, self._made_by(redis.ConnectionPool, limits))

    def open_async(self) -> redis.asyncio.Connection:
        """A new connection for asyncio, whose user sees to its time limits; it connects when it
        first sends.
        """
        limits = {"socket_timeout": None, "socket_connect_timeout": None}
        return cast(redis.asyncio.Connection, self._made_by(redis.asyncio.ConnectionPool, limits))

    def _made_by(self, pools: Any, limits: Mapping[str, float | None]) -> Any:
        settings = {**self._settings(), **limits}
        pool = pools.from_url(self.url, **settings)
        pool.connection_kwargs |= settings  # where the URL has a query, it has won over them
        return pool.make_connection()

    def _settings(self) -> dict[str, Any]:
        """What has to be so, whatever the URL says."""
        settings: dict[str, Any] = {
            "protocol": 2,
            "health_check_interval": 0,
            "decode_responses": False,
            "client_name": CLIENT_NAME,
        }
        if not self.url.startswith("unix"):
            settings |= {"socket_keepalive": True}
        return settings


_pack = cast("Callable[[tuple[bytes | str | int, ...]], bytes]", hiredis.pack_command)


def pack(*args: bytes | str | int) -> bytes:
    """One Redis command as the bytes to send."""
    return _pack(args)


def pack_call(command: Command[Any]) -> bytes:
    """A script call as the bytes to send."""
    script, keys, args, _ = command
    parts = len(keys) + len(args) + 3
    _count, _, tail = _pack(tuple(args)).partition(b"\r\n")
    return b"*%d\r\n%b%b" % (parts, _head(script, keys), tail)


@lru_cache(maxsize=1024)
def _head(script: str, keys: tuple[bytes, ...]) -> bytes:
    """What is the same in every call of a script with these keys, and longer than the rest."""
    parts: tuple[bytes | str | int, ...] = ("EVALSHA", lua.load(script).sha, len(keys), *keys)
    _count, _, head = _pack(parts).partition(b"\r\n")
    return head


NO_REPLY: Final = object()
"""What ``reply_reader().gets()`` answers while a reply is not complete; ``None`` is one."""


def reply_reader() -> hiredis.Reader:
    """Reads replies out of what a socket brings; a refusal is an error of redis-py, as a value."""
    return hiredis.Reader(
        protocolError=exceptions.InvalidResponse,
        replyError=redis.connection.DefaultParser.parse_error,
        notEnoughData=NO_REPLY,
    )


READ_AT_ONCE: Final = 16 * 1024
"""Bytes that a sync connection reads in one go."""


def in_redis_terms(error: OSError) -> exceptions.RedisError:
    """The error of redis-py for one of a socket."""
    if isinstance(error, TimeoutError):
        return exceptions.TimeoutError("no reply in time")
    return exceptions.ConnectionError(str(error))


def is_unasked(reply: Any) -> bool:
    """Whether the server says this of its own accord, as it can where it speaks RESP3."""
    return isinstance(reply, hiredis.PushNotification) and reply[0] != b"ssubscribe"


def pack_load(command: Command[Any]) -> bytes:
    """What makes the server know the script of a call."""
    return _pack(("SCRIPT", "LOAD", lua.load(command.script).text))


def pack_loads(commands: Iterable[Command[Any]]) -> list[bytes]:
    """The same for the scripts of several calls."""
    return [*{command.script: pack_load(command) for command in commands}.values()]


def is_passing(error: BaseException) -> bool:
    """Whether it says that nobody was reached, or that this server, or the one that takes over from
    it, will answer later.
    """
    if isinstance(error, exceptions.ResponseError):
        return isinstance(error, _NOT_NOW) or str(error).startswith(_NOT_NOW_WORDS)
    return isinstance(error, UNREACHED)


def is_past(error: BaseException) -> bool:
    """Whether a server answers that cannot do it now. Another may have taken over from it, while it
    lives on and answers so for ever: whoever tries again has to connect again, to find that one.
    """
    return isinstance(error, exceptions.ResponseError) and is_passing(error)


def is_refused_login(error: BaseException) -> bool:
    """Whether trying again is useless: the password or the user is wrong."""
    return isinstance(error, exceptions.AuthenticationError | exceptions.AuthorizationError)


def is_final(error: BaseException) -> bool:
    """Whether trying again is useless."""
    return is_refused_login(error) or isinstance(error, Closed)


def unavailable(address: Address, error: BaseException) -> RedisUnavailable:
    """The error for a server that was not reached; without the URL's password."""
    reason = _reason(address, error)
    if is_final(error) or isinstance(error, exceptions.InvalidResponse):
        return RedisUnavailable(address.url, reason, "")  # it was reached, and the reason says all
    return RedisUnavailable(address.url, reason)


def _reason(address: Address, error: BaseException) -> str:
    text = without_secrets(str(error)) or type(error).__name__
    if is_refused_login(error):
        if "required" in text:
            return "it wants a password; put one into the URL, as in redis://:password@host:6379"
        return f"it refuses the user or the password in the URL ({text})"
    if isinstance(error, exceptions.InvalidResponse):
        return f"what answers there does not speak Redis' protocol ({text})"
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return f"no reply within {address.time_limit:g} s"
    return text.rstrip(".")


def refusal(error: BaseException, command: Command[Any] | None = None) -> Exception | None:
    """What a user is told at once, since the server has refused the command for good; ``None``
    where another try may do.
    """
    if isinstance(error, exceptions.ResponseError) and not is_passing(error):
        return explained(error, command)
    return None


def explained(error: exceptions.ResponseError, command: Command[Any] | None = None) -> Exception:
    """What the server's refusal means for a user of skedulr."""
    text = str(error)
    if isinstance(error, exceptions.OutOfMemoryError) or text.startswith("OOM"):
        return OutOfMemory(_pool_of(command))
    if text.startswith("UPGRADE"):
        return UpgradeNeeded(int(text.rsplit(" ", 1)[1]), FORMAT)
    if isinstance(error, exceptions.NoPermissionError):
        return RedisUnsuitable(
            f"its user may not do this: {text}",
            "allow the user ~{namespace*, &{namespace* and the commands",
        )
    if "unknown command" in text and "EVALSHA" in text.upper():
        return RedisUnsuitable("it does not run scripts", "use Redis 7.0 or Valkey 7.2 and later")
    return RedisUnsuitable(f"it answers {text!r}", "mend its state or its settings, or the URL")


def _pool_of(command: Command[Any] | None) -> str:
    if command is None or not command.keys:
        return "?"
    tag = command.keys[0].decode().partition("}")[0]
    return tag.partition(":")[2]
