"""Packing under threads, in signal handlers, and after failures."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from skedulr.errors import NotSerialisable
from skedulr.values import dumps, loads
from tests.support.samples import same


def test_many_threads_pack_at_once() -> None:
    sent = [{"id": n, "tags": (n, {n}), "text": "x" * n} for n in range(300)]
    results: list[bool] = []

    def work() -> None:
        results.append(all(same(loads(dumps(value)), value) for value in sent))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8


def test_a_signal_handler_may_pack_in_the_middle_of_packing() -> None:
    packed: list[bytes] = []

    class Late(tzinfo):
        """Its offset is asked for while the value is being packed."""

        def utcoffset(self, moment: datetime | None) -> timedelta:
            signal.raise_signal(signal.SIGUSR1)
            return timedelta(0)

        def tzname(self, moment: datetime | None) -> str:
            return "Late"

        def dst(self, moment: datetime | None) -> None:
            return None

    sent = ["before", datetime(2024, 7, 1, tzinfo=Late()), "after"]
    previous = signal.signal(signal.SIGUSR1, lambda *_: packed.append(dumps(["inside", (1,)])))
    try:
        outer = dumps(sent)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert loads(outer) == ["before", datetime(2024, 7, 1, tzinfo=UTC), "after"]
    assert packed
    assert all(loads(data) == ["inside", (1,)] for data in packed)


def test_a_failed_value_leaves_nothing_behind_for_the_next() -> None:
    for _ in range(3):
        with pytest.raises(NotSerialisable):
            dumps(["x" * 1000, (1, 2), object()])
        assert loads(dumps([1, (2,)])) == [1, (2,)]
