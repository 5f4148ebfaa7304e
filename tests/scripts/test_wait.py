"""`wait`: answers how a task ended, or enters the client among those who are told."""

import pytest

from skedulr import commands
from skedulr.commands import Ending
from skedulr.states import TERMINAL, State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import NEWER, Pool


def test_while_a_task_is_not_over_the_client_is_entered_once(pool: Pool) -> None:
    pool.submit("a")

    ending, changed = pool.watch(commands.wait(pool.keys, "a", "c1"))

    assert ending == Ending("waiting")
    assert changed == {"waiters": {"a": ["c1"]}, "tasks": {"a": fields(waited=1)}}
    assert pool.watch(commands.wait(pool.keys, "a", "c1")) == (Ending("waiting"), {})


def test_the_client_is_told_once_the_task_is_over(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, _ = pool.claim(2)
    pool.ask(commands.wait(pool.keys, "a", "c1"))
    pool.ask(commands.wait(pool.keys, "b", "c1"))

    pool.finish(first, result=b"r")

    assert pool.snapshot()["inbox:c1"] == ["a"]
    assert 0 < pool.redis.ttl(pool.name("inbox:c1")) <= 60
    assert pool.ask(commands.wait(pool.keys, "a", "c1")).result == b"r"


def test_a_retry_tells_nobody(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.ask(commands.wait(pool.keys, "a", "c1"))

    pool.finish(pool.claim_one(), state=State.SCHEDULED)

    assert pool.snapshot()["waiters"] == {"a": ["c1"]}
    assert "inbox:c1" not in pool.snapshot()


@pytest.mark.parametrize("state", TERMINAL)
def test_an_end_that_has_come_is_answered_at_once_and_changes_nothing(
    pool: Pool, state: State
) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=state)

    ending, changed = pool.watch(commands.wait(pool.keys, "a", "c1"))

    assert (ending.outcome, ending.state) == ("ended", state)
    assert (ending.result, ending.attempts) == (b"", b"")
    assert ending.epoch == pool.field("a", "epoch")
    assert changed == {}


def test_the_result_the_reason_and_the_attempts_come_with_the_end(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    pool.finish(claim, result=b"\xff r", reason="why", problem=b"p", kind="exception")

    ending = pool.ask(commands.wait(pool.keys, "a", "c1"))

    assert ending.result == b"\xff r"
    assert ending.reason == "why"
    assert ending.attempts == pool.redis.hget(pool.keys.attempts, "a")


def test_the_33rd_client_has_to_ask_again(pool: Pool) -> None:
    pool.submit("a")
    for number in range(32):
        assert pool.ask(commands.wait(pool.keys, "a", f"c{number}")) == Ending("waiting")

    assert pool.watch(commands.wait(pool.keys, "a", "c32")) == (Ending("crowded"), {})
    assert pool.ask(commands.wait(pool.keys, "a", "c0")) == Ending("waiting")


def test_a_task_that_is_not_there_is_missing(pool: Pool) -> None:
    assert pool.watch(commands.wait(pool.keys, "a", "c1")) == (Ending("missing"), {})


def test_the_client_is_entered_with_a_newer_record_too_and_the_rest_of_it_stays(pool: Pool) -> None:
    pool.submit("a")
    pool.make_newer("a")

    ending, changed = pool.watch(commands.wait(pool.keys, "a", "c1"))

    assert ending == Ending("waiting")
    assert changed["waiters"] == {"a": ["c1"]}
    assert pool.field("a", "waited") == 1
    assert pool.field("a", "version") == NEWER
    assert b"a field of the future" in pool.redis.hget(pool.keys.tasks, "a")


def test_the_end_of_a_newer_record_is_answered(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.FAILED)
    pool.make_newer("a")

    ending, changed = pool.watch(commands.wait(pool.keys, "a", "c1"))

    assert (ending.outcome, ending.state, changed) == ("ended", State.FAILED, {})


def test_an_end_that_only_newer_code_knows_is_said_to_be_so(pool: Pool) -> None:
    pool.submit("a")
    data = pool.make_newer("a")
    pool.redis.hset(pool.keys.tasks, "a", data[:4] + b"\x0a" + data[5:])
    assert pool.field("a", "state") == 10

    assert pool.watch(commands.wait(pool.keys, "a", "c1")) == (Ending("newer"), {})


def test_the_client_is_entered_with_a_record_that_nobody_can_read(pool: Pool) -> None:
    pool.submit("a")
    pool.make_unreadable("a")

    _, changed = pool.watch(commands.wait(pool.keys, "a", "c1"))
    assert changed == {"waiters": {"a": ["c1"]}}
    pool.join("w1")
    _, changed = pool.watch(pool.next_exchange(free=1))

    assert changed["inbox:c1"] == ["a"]


def test_those_who_wait_for_a_task_that_becomes_unreadable_are_told(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.ask(commands.wait(pool.keys, "a", "c1"))
    pool.make_unreadable("a")

    _, changed = pool.watch(pool.next_exchange(free=1))

    assert changed["waiters"] == {"a": GONE}
    assert changed["inbox:c1"] == ["a"]
    ending = pool.ask(commands.wait(pool.keys, "a", "c1"))
    assert (ending.state, ending.reason) == (State.DEAD, "unreadable")
