"""`cancel`: at once where a task waits, by request where it runs."""

import pytest
from redis.exceptions import ResponseError

from skedulr import commands
from skedulr.commands import Standing
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import DAY, NEWER, NOW, SECOND, Pool, wake


def test_a_queued_task_is_cancelled_at_once(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", key="k", ttl_ms=DAY)
    pool.ask(commands.wait(pool.keys, "a", "c1"))
    now = pool.pass_time(SECOND)

    standing, changed = pool.watch(commands.cancel(pool.keys, "a", NOW))

    assert standing == Standing("cancelled", State.CANCELLED, NOW)
    assert changed == {
        "ready": {"a": GONE},
        "tasks": {"a": fields(state=State.CANCELLED, finished_at=now, reason="user", waited=0)},
        "done:cancelled": {"a": now},
        "expiring": {"a": now + DAY},
        "keys": {"k": GONE},
        "waiters": {"a": GONE},
        "inbox:c1": ["a"],
        wake(): {"go": GONE},
        "counted": {"cancelled": 1},
    }


def test_a_scheduled_task_is_cancelled_at_once(pool: Pool) -> None:
    pool.submit("a", delay_ms=SECOND)

    standing, changed = pool.watch(commands.cancel(pool.keys, "a"))

    assert standing.outcome == "cancelled"
    assert changed["due"] == {"a": GONE}
    assert changed["done:cancelled"] == {"a": NOW}


def test_a_task_at_a_gate_is_cancelled_at_once(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", job="other")
    assert pool.queue("held:job:other") == ["a"]

    standing, changed = pool.watch(commands.cancel(pool.keys, "a"))

    assert standing.outcome == "cancelled"
    assert changed["held:job:other"] == {"a": GONE}
    assert changed["gates"] == {"job:other": GONE}
    assert changed["tasks"]["a"] == fields(
        state=State.CANCELLED, gate="", finished_at=NOW, reason="user"
    )


def test_the_worker_of_a_running_task_is_told_and_nothing_else_changes(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", key="k")
    epoch = pool.claim_one().epoch

    standing, changed = pool.watch(commands.cancel(pool.keys, "a", epoch))

    assert standing == Standing("requested", State.RUNNING, epoch)
    assert changed == {"tasks": {"a": fields(cancel=1)}, "own:w1": {"a": f"{epoch} 1 c"}}


def test_asking_again_changes_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("running", "queued")
    pool.claim_one()
    for task_id, outcome in (("running", "requested"), ("queued", "cancelled")):
        pool.ask(commands.cancel(pool.keys, task_id))

        standing, changed = pool.watch(commands.cancel(pool.keys, task_id))

        assert standing.outcome == outcome
        assert changed == {}


def test_a_request_outlives_a_lost_lease(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()
    pool.ask(commands.cancel(pool.keys, "a"))

    pool.lose_lease()

    assert pool.field("a", "state") == State.CANCELLED


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.DEAD])
def test_what_is_over_stays_as_it_is(pool: Pool, state: State) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=state)

    standing, changed = pool.watch(commands.cancel(pool.keys, "a"))

    assert (standing.outcome, standing.state) == ("ended", state)
    assert changed == {}


def test_a_task_that_has_changed_since_the_caller_looked_is_not_cancelled(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    seen = pool.field("a", "epoch")
    epoch = pool.claim_one().epoch

    standing, changed = pool.watch(commands.cancel(pool.keys, "a", seen))

    assert standing == Standing("changed", State.RUNNING, epoch)
    assert changed == {}


def test_what_is_not_there_or_cannot_be_read_is_missing(pool: Pool) -> None:
    pool.submit("unreadable")
    pool.make_unreadable("unreadable")

    for task_id in ("missing", "unreadable"):
        standing, changed = pool.watch(commands.cancel(pool.keys, task_id))

        assert standing == Standing("missing", None, 0)
        assert changed == {}


def test_a_newer_record_is_left_to_newer_code(pool: Pool) -> None:
    pool.submit("a")
    pool.make_newer("a")

    standing, changed = pool.watch(commands.cancel(pool.keys, "a"))

    assert standing == Standing("newer", None, 0)
    assert changed == {}


def test_a_pool_of_a_newer_format_is_not_touched(pool: Pool) -> None:
    pool.submit("a")
    pool.redis.hset(pool.keys.meta, "format", NEWER)

    with pytest.raises(ResponseError, match="UPGRADE"):
        pool.ask(commands.cancel(pool.keys, "a"))

    assert pool.field("a", "state") == State.QUEUED
