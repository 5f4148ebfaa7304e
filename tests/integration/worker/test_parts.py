"""The small parts of a worker, each by itself."""

import asyncio
import gc
import logging
import os
import struct
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from skedulr import ConfigurationError
from skedulr.errors import RedisUnavailable
from skedulr.transport.connection import Address, pack
from skedulr.transport.contact import Contact
from skedulr.transport.line import Line
from skedulr_worker.board import Board, Phase
from skedulr_worker.config import WorkerConfig, parse_pools
from skedulr_worker.context import Attempt
from skedulr_worker.deadlines import Deadlines
from skedulr_worker.instance import instance_name
from skedulr_worker.orders import CLAIMS, NOW, STOP, Order, OrderReader, OrderWriter
from skedulr_worker.replacing import LONGEST_WAIT, SHORTEST_LIFE, Replacing, wait_after
from tests.support.servers import Server
from tests.support.waiting import wait_until


class TestBoard:
    def test_shows_what_was_written_to_a_forked_process_too(self) -> None:
        board = Board([2, 2])
        first, second = board.cells
        pid = os.fork()
        if pid == 0:
            first.put(0, 7)
            first.put(1, 7)
            first.write(7, {"a": (1, 0), "ü@é": (2**60, 1)})
            second.suspects = True
            board.ticker.moved, board.deadline, board.phase = 1.5, 2.5, Phase.LEFT
            os._exit(0)
        os.waitpid(pid, 0)
        assert first.read() == (7, [("a", 1), ("ü@é", 2**60)])
        assert (first.count, second.count) == (2, 0)
        assert (first.suspects, second.suspects) == (False, True)
        assert (board.tick, board.deadline, board.phase) == (1.5, 2.5, Phase.LEFT)

    def test_has_room_for_the_longest_ids(self) -> None:
        [cell] = Board([3]).cells
        held = {chr(0x1F600 + n) * 401: (2**63, n) for n in range(3)}
        for place in range(3):
            cell.put(place, 2**53)
        cell.write(2**53, held)
        assert cell.read().claims == [(name, epoch) for name, (epoch, _) in held.items()]

    def test_what_is_being_written_is_not_read(self) -> None:
        [cell] = Board([3]).cells
        cell.put(0, 1)
        cell.write(1, {"a": (1, 0)})
        before = cell.read()
        size, checksum = struct.unpack_from("<II", cell._memory, cell._at)
        struct.pack_into("<II", cell._memory, cell._at, size, checksum ^ 1)
        assert cell.read() == before
        cell.write(2, {})
        assert cell.read() == (2, [])

    def test_a_fresh_one_holds_nothing(self) -> None:
        board = Board([1])
        assert board.cells[0].read() == (0, [])
        assert board.phase is Phase.STARTING


class TestOrders:
    def test_arrive_in_order_and_the_end_of_the_writer_is_noticed(self) -> None:
        ours, theirs = os.pipe()
        seen: list[Order] = []
        ended = threading.Event()
        OrderReader(ours, seen.append, ended.set).start()
        writer = OrderWriter(theirs)
        sent = [Order(STOP), Order(CLAIMS, "mail", [("a", 1)], [("b", 2)], True), Order(NOW)]
        for order in sent:
            writer.send(order)
        wait_until(lambda: len(seen) == 3, what="three orders")
        assert seen == [Order(STOP, "", [], [], False), sent[1], Order(NOW, "", [], [], False)]
        assert not ended.is_set()
        writer.close()
        assert ended.wait(5)
        os.close(ours)

    def test_a_process_that_reads_nothing_blocks_nobody_and_gets_whole_messages_later(self) -> None:
        ours, theirs = os.pipe()
        writer = OrderWriter(theirs)
        many = [(f"task-{n}", n) for n in range(500)]
        for _ in range(100):  # far more than a pipe holds
            writer.send(Order(CLAIMS, "mail", many))
        seen: list[Order] = []
        ended = threading.Event()
        OrderReader(ours, seen.append, ended.set).start()
        wait_until(lambda: len(seen) >= 3, what="the first orders")
        writer.send(Order(CLAIMS, "mail", many))
        writer.send(Order(STOP))
        wait_until(lambda: seen[-1].kind == STOP, what="the last order")
        assert {len(order.lost) for order in seen if order.kind == CLAIMS} == {500}
        writer.close()
        assert ended.wait(5)
        os.close(ours)

    def test_a_process_that_has_ended_is_no_error(self) -> None:
        ours, theirs = os.pipe()
        os.close(ours)
        writer = OrderWriter(theirs)
        writer.send(Order(STOP))
        writer.close()


def attempt(**facts: Any) -> Attempt:
    return cast(Attempt, SimpleNamespace(over=False, **facts))


class TestDeadlines:
    async def test_each_expires_once_in_the_order_of_its_time(self) -> None:
        loop = asyncio.get_running_loop()
        expired: list[str] = []
        done = asyncio.Event()

        def expire(each: Attempt) -> None:
            expired.append(each.id)
            if len(expired) == 3:
                done.set()

        shown: list[float] = []
        deadlines = Deadlines(loop, expire, shown.append)
        now = loop.time()
        for name, wait in [("late", 0.06), ("early", 0.02), ("mid", 0.04)]:
            deadlines.add(attempt(id=name), now + wait)
        await asyncio.wait_for(done.wait(), 5)
        assert expired == ["early", "mid", "late"]
        assert shown[0] == now + 0.06
        assert shown[1] == now + 0.02
        assert shown[-1] == 0

    async def test_what_is_over_does_not_expire_and_is_let_go(self) -> None:
        loop = asyncio.get_running_loop()
        expired: list[Attempt] = []
        deadlines = Deadlines(loop, expired.append, lambda _: None)
        for _ in range(1000):
            each = attempt(id="x")
            deadlines.add(each, loop.time() + 3600)
            each.over = True
            deadlines.discard()
        assert len(deadlines._heap) < 200
        short = attempt(id="short")
        deadlines.add(short, loop.time() + 0.01)
        short.over = True
        deadlines.discard()
        await asyncio.sleep(0.05)
        assert expired == []
        deadlines.close()


class TestReplacing:
    def test_who_has_worked_or_was_killed_is_replaced_at_once_however_often(self) -> None:
        replacing = Replacing()
        for _ in range(3):
            replacing.add(1, [], lived=SHORTEST_LIFE)
            assert replacing.due() == [(1, [])]
            assert replacing.due() == []

    def test_who_lives_only_for_a_moment_is_replaced_within_a_second(self) -> None:
        assert waits(lived=0.1) == [0.4] * 8

    def test_who_fails_before_it_works_is_replaced_ever_later(self) -> None:
        longest = [LONGEST_WAIT] * 3
        assert waits(lived=0.1, failed=True) == [0.5, 1, 2, 4, 8, *longest]
        assert waits(lived=20, failed=True) == [0.5, 1, 2, 4, 8, *longest], "its hook may be slow"

    def test_who_has_failed_for_days_is_still_tried_again(self) -> None:
        replacing = Replacing()
        for _ in range(2000):
            replacing.add(1, [], failed=True)
        assert wait_after(10**6) == LONGEST_WAIT

    def test_the_first_that_works_makes_up_for_all_failures(self) -> None:
        replacing = Replacing()
        for _ in range(5):
            replacing.add(1, [], failed=True)
        replacing.add(1, [], lived=SHORTEST_LIFE)
        assert replacing.due() == [(1, [])]


def waits(**death: Any) -> list[float]:
    """How long the replacement waits after eight such deaths in a row."""
    replacing = Replacing(clock=lambda: 0.0)
    found = []
    for _ in range(8):
        replacing.add(1, [], **death)
        [(moment, *_)] = replacing._due
        found.append(moment)
        replacing._due.clear()
    return found


class TestConfig:
    def test_spans_may_be_text(self) -> None:
        config = WorkerConfig(lease="15s", grace="1m", sweep_interval="500ms")
        assert (config.lease_seconds, config.grace_seconds, config.sweep_seconds) == (15, 60, 0.5)

    def test_what_is_given_wins_over_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SKEDULR_PROCESSES", "4")
        monkeypatch.setenv("SKEDULR_POOLS", "mail=20,slow")
        monkeypatch.setenv("SKEDULR_ALLOW_EVICTION", "yes")
        config = WorkerConfig.from_environment(processes=2, lease=None)
        assert config.processes == 2
        assert config.pools == {"mail": 20, "slow": None}
        assert config.allow_eviction is True

    def test_it_survives_the_way_through_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = WorkerConfig(
            processes=3,
            pools={"mail": 20, "slow": None},
            lease="2s",
            id="x",
            runtime_dir="/run/x",
            allow_eviction=True,
        )
        for name, value in config.environment().items():
            monkeypatch.setenv(name, value)
        assert WorkerConfig.from_environment() == config

    @pytest.mark.parametrize("name", ["SKEDULR_PREFETCH", "SKEDULR_ALLOW_EVICTION"])
    def test_nonsense_in_the_environment_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(name, "perhaps")
        with pytest.raises(ConfigurationError, match=name.removeprefix("SKEDULR_").lower()):
            WorkerConfig.from_environment()

    def test_the_name_of_a_process_is_never_used_again(self) -> None:
        names = {instance_name("host", 1) for _ in range(100)}
        assert len(names) == 100
        assert all(name.startswith("host-1.") for name in names)

    def test_pools_are_named_with_or_without_slots(self) -> None:
        assert parse_pools(["mail=20", " slow "]) == {"mail": 20, "slow": None}


def test_an_outage_is_one_line_at_its_begin_and_one_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    contact = Contact(logging.getLogger("skedulr"), "redis://:sesame@host:6379/0")
    contact.found()
    for _ in range(5):
        contact.lost(ConnectionError("refused"))
    for _ in range(5):
        contact.found()
    assert len(caplog.records) == 2
    assert "refused" in caplog.messages[0]
    assert "works again" in caplog.messages[1]
    assert "sesame" not in caplog.text


def test_an_outage_is_told_with_its_reason_alone(caplog: pytest.LogCaptureFixture) -> None:
    contact = Contact(logging.getLogger("skedulr"), "redis://host:6379/0")
    contact.lost(RedisUnavailable("redis://host:6379/0", "Connection refused"))
    assert caplog.messages == [
        "no work with Redis at redis://host:6379/0 now: Connection refused; trying on"
    ]


async def test_a_line_that_is_closed_the_moment_it_has_opened_leaves_no_connection(
    server: Server,
) -> None:
    for _ in range(20):
        line = Line(Address(server.url))
        call = asyncio.create_task(line.call(pack("PING")))
        while not line.is_open:  # noqa: ASYNC110 - the very turn of the loop counts
            await asyncio.sleep(0)
        await line.close()
        await asyncio.gather(call, return_exceptions=True)
    del line, call
    gc.collect()  # what is open still, would warn now, and warnings are errors
