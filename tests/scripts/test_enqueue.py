"""`enqueue`: each task is stored and takes its place, or is refused, in one step."""

import pytest
from redis.exceptions import ResponseError

from skedulr import commands
from skedulr.record import INLINE_LIMIT
from skedulr.states import State
from tests.scripts.snapshot import record_of
from tests.scripts.support import DAY, NEWER, NOW, SECOND, Pool, score, submission, wake


def test_a_task_is_stored_and_stands_at_the_end_of_the_queue(pool: Pool) -> None:
    task = submission("a", token=b"token", group="tenant", ttl_ms=DAY, expires_in_ms=SECOND)

    refused, changed = pool.watch(commands.enqueue(pool.keys, [task]))

    assert refused == []
    assert changed == {
        "ready": {"a": score(1)},
        "meta": {"seq": 1},
        "tasks": {
            "a": record_of(
                state=State.QUEUED,
                score=score(1),
                epoch=NOW,
                token="token",
                group="tenant",
                enqueued_at=NOW,
                expires_at=NOW + SECOND,
                ttl=DAY,
            )
        },
        "counted": {"enqueued": 1},
    }


def test_tasks_stand_in_the_order_of_their_submission_behind_those_of_higher_priority(
    pool: Pool,
) -> None:
    batch = [submission("a"), submission("b", priority=1023), submission("c"), submission("d")]

    _, changed = pool.watch(commands.enqueue(pool.keys, batch))

    assert changed["ready"] == {
        "a": score(1),
        "b": score(2, priority=1023),
        "c": score(3),
        "d": score(4),
    }
    assert pool.queue() == ["b", "a", "c", "d"]


def test_an_idle_class_gets_one_marker(pool: Pool) -> None:
    pool.join("w1", ["job"])
    pool.join("w2", ["job", "other"])

    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a"), submission("b")]))

    assert changed[wake("job")] == {"go": 0}
    assert changed[wake("job", "other")] == {"go": 0}


def test_a_task_that_a_live_class_does_not_know_goes_to_the_gate_of_its_job(pool: Pool) -> None:
    pool.join("w1", ["job"])
    pool.join("w2", ["job", "other"])

    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", job="other")]))

    assert "ready" not in changed
    assert changed["held:job:other"] == {"a": score(1)}
    assert changed["gates"] == {"job:other": 0}
    assert changed["tasks"]["a"]["gate"] == "job:other"
    assert changed["counted"] == {"enqueued": 1}
    assert wake("job") not in changed
    assert changed[wake("job", "other")] == {"go": 0}


# --- later ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [{"delay_ms": 500}, {"at_ms": NOW + 500}, {"delay_ms": 9000, "at_ms": NOW + 500}]
)
def test_a_task_for_later_is_scheduled_and_an_absolute_time_wins(
    pool: Pool, given: dict[str, int]
) -> None:
    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", **given)]))

    assert changed == {
        "due": {"a": NOW + 500},
        "tasks": {"a": record_of(state=State.SCHEDULED, epoch=NOW, enqueued_at=NOW)},
        "counted": {"enqueued": 1},
    }


def test_a_time_that_has_passed_means_now(pool: Pool) -> None:
    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", at_ms=NOW - 1)]))

    assert changed["ready"] == {"a": score(1)}
    assert changed["tasks"]["a"]["state"] is State.QUEUED


def test_only_a_task_that_becomes_the_earliest_due_one_wakes_a_worker_to_set_its_timer(
    pool: Pool,
) -> None:
    pool.join()

    _, first = pool.watch(commands.enqueue(pool.keys, [submission("a", delay_ms=2000)]))
    assert first[wake()] == {"go": 0}

    pool.claim(0)  # the worker came, saw when `a` is due, and took the marker away
    _, later = pool.watch(commands.enqueue(pool.keys, [submission("b", delay_ms=2000)]))
    assert wake() not in later

    _, earlier = pool.watch(commands.enqueue(pool.keys, [submission("c", delay_ms=1999)]))
    assert earlier[wake()] == {"go": 0}


# --- bodies --------------------------------------------------------------------------------------


def test_a_body_of_1_kib_lives_in_the_record(pool: Pool) -> None:
    body = b"\xff" * INLINE_LIMIT

    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", body=body)]))

    assert changed["tasks"]["a"]["body"] == body
    assert changed["tasks"]["a"]["spilled"] == 0
    assert "payloads" not in changed


def test_a_larger_body_lives_apart(pool: Pool) -> None:
    body = b"\xff" * (INLINE_LIMIT + 1)

    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", body=body)]))

    assert changed["tasks"]["a"]["body"] == b""
    assert changed["tasks"]["a"]["spilled"] == 1
    assert changed["payloads"] == {"a": body}


# --- limits --------------------------------------------------------------------------------------


def test_a_call_takes_1000_tasks_with_keys_and_large_bodies(pool: Pool) -> None:
    pool.join()
    large = b"x" * (INLINE_LIMIT + 1)
    batch = [submission(f"t{n}", key=f"k{n}", body=large) for n in range(commands.MOST_TASKS)]

    refused, changed = pool.watch(commands.enqueue(pool.keys, batch))

    assert refused == []
    for key in ("ready", "tasks", "payloads", "keys"):
        assert len(changed[key]) == commands.MOST_TASKS
    assert pool.queue() == [task.id for task in batch]


def test_a_pool_of_a_newer_format_is_not_touched(pool: Pool) -> None:
    pool.redis.hset(pool.keys.meta, "format", NEWER)
    before = pool.snapshot()

    with pytest.raises(ResponseError, match="UPGRADE the pool holds format 2"):
        pool.ask(commands.enqueue(pool.keys, [submission("a")]))

    assert pool.changes(before, pool.snapshot()) == {}
