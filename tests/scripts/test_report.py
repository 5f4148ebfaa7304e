"""`report`: a worker process tells what it is and does; reports of those that are gone leave."""

from typing import Any

import pytest

from skedulr import commands
from skedulr.keys import RegistryKeys
from tests.scripts.support import NOW, SECOND, run
from tests.support.servers import Server


class Registry:
    """The reports of a namespace, and its clock."""

    def __init__(self, client: Any, namespace: str) -> None:
        self.redis, self.keys = client, RegistryKeys(namespace)
        self.now = NOW
        self.pass_time(0)

    def pass_time(self, ms: int) -> None:
        """Move the clock by so many ms."""
        self.now += ms
        self.redis.set(f"{self.keys.prefix}clock", self.now)

    def report(self, name: str, packed: bytes = b"report", ttl_ms: int = SECOND) -> int:
        """Report; an empty report takes leave."""
        return run(self.redis, commands.report(self.keys, name, packed, ttl_ms))

    def seen(self) -> tuple[dict[bytes, bytes], dict[bytes, float]]:
        """All reports, and until when each counts."""
        alive = self.redis.zrange(self.keys.alive, 0, -1, withscores=True)
        return self.redis.hgetall(self.keys.workers), dict(alive)


@pytest.fixture
def registry(server: Server, namespace: str) -> Registry:
    """Give the empty registry of a namespace."""
    return Registry(server.client(), namespace)


def test_a_report_counts_for_its_time(registry: Registry) -> None:
    assert registry.report("p1", b"\xff 1") == 1
    assert registry.report("p2", b"2", ttl_ms=5 * SECOND) == 2

    assert registry.seen() == (
        {b"p1": b"\xff 1", b"p2": b"2"},
        {b"p1": NOW + SECOND, b"p2": NOW + 5 * SECOND},
    )


def test_a_newer_report_replaces_the_older_one(registry: Registry) -> None:
    registry.report("p1", b"1")
    registry.pass_time(SECOND - 1)

    assert registry.report("p1", b"2") == 1
    assert registry.seen() == ({b"p1": b"2"}, {b"p1": registry.now + SECOND})


def test_a_report_after_its_time_is_as_good_as_the_first(registry: Registry) -> None:
    registry.report("p1", b"1")
    registry.pass_time(2 * SECOND)

    assert registry.report("p1", b"2") == 1
    assert registry.seen() == ({b"p1": b"2"}, {b"p1": registry.now + SECOND})


def test_the_next_report_of_anybody_removes_those_whose_time_is_over(registry: Registry) -> None:
    registry.report("p1")
    registry.report("p2", ttl_ms=SECOND + 1)
    registry.pass_time(SECOND)

    assert registry.report("p3", b"3") == 2
    assert set(registry.seen()[0]) == {b"p2", b"p3"}


def test_a_process_that_leaves_takes_its_report_along(registry: Registry) -> None:
    registry.report("p1")
    registry.report("p2")

    for _ in ("the first time", "and again"):
        assert registry.report("p1", b"") == 1
        assert registry.seen() == ({b"p2": b"report"}, {b"p2": NOW + SECOND})
