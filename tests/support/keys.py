"""The check that every key has an owner that removes it, or a time to live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest
from redis import Redis

_NAMESPACE = "<ns>"
_NO_TTL = -1


@dataclass(frozen=True)
class Owner:
    """Who removes the keys of a pattern."""

    pattern: str
    """As a shell matches file names, with `<ns>` for the namespace: `{<ns>:*}:own:*`."""
    reason: str
    """Who or what removes such a key, in words."""
    holds: Callable[[Redis, str], bool] | None
    """Tells of one such key whether its owner is really there; None means always."""


OWNERS: list[Owner] = []
"""All that is allowed to be there after a test."""


def own(pattern: str, reason: str, holds: Callable[[Redis, str], bool] | None = None) -> None:
    """Allow the keys of a pattern; see `Owner`."""
    OWNERS.append(Owner(pattern, reason, holds))


def keys_of(client: Redis, namespace: str) -> Iterator[bytes]:
    """Yield the keys that a namespace has in Redis."""
    yield from client.scan_iter(match=f"*{namespace}*", count=1000)


def leftover_keys(client: Redis, namespace: str) -> list[str]:
    """Return the keys of a namespace that live for ever and that nobody owns."""
    return sorted(
        key.decode(errors="backslashreplace")
        for key in keys_of(client, namespace)
        if client.ttl(key) == _NO_TTL and not _is_owned(client, key, namespace)
    )


def _is_owned(client: Redis, key: bytes, namespace: str) -> bool:
    name = key.decode(errors="backslashreplace")
    return any(
        fnmatchcase(name, owner.pattern.replace(_NAMESPACE, namespace))
        and (owner.holds is None or owner.holds(client, name))
        for owner in OWNERS
    )


@pytest.fixture
def no_leaked_keys(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves keys for ever which nobody owns."""
    server, namespace = request.getfixturevalue("server"), request.getfixturevalue("namespace")
    yield
    leaked = leftover_keys(server.client(decode_responses=False), namespace)
    if leaked:
        pytest.fail("keys that nobody removes: " + ", ".join(leaked))
