"""`enqueue`: each task is stored and takes its place, or is refused, in one step."""

import pytest
from redis.exceptions import ResponseError

from skedulr import commands
from skedulr.commands import Refusal
from skedulr.record import INLINE_LIMIT
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields, record_of
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


# --- the same task again -------------------------------------------------------------------------


@pytest.mark.parametrize("since", ["queued", "scheduled", "running", "succeeded", "cancelled"])
def test_the_same_submission_again_changes_nothing_whatever_became_of_the_task(
    pool: Pool, since: str
) -> None:
    pool.join()
    task = submission("a", token=b"once", delay_ms=100 if since == "scheduled" else 0)
    pool.ask(commands.enqueue(pool.keys, [task]))
    if since in {"running", "succeeded"}:
        claim = pool.claim_one()
        if since == "succeeded":
            pool.finish(claim)
    if since == "cancelled":
        pool.ask(commands.cancel(pool.keys, "a"))

    refused, changed = pool.watch(commands.enqueue(pool.keys, [task]))

    assert refused == [Refusal(0, "same", "a")]
    assert changed == {}


def test_another_submission_of_a_live_id_is_refused(pool: Pool) -> None:
    pool.submit("a", token=b"one")

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", token=b"another")]))

    assert refused == [Refusal(0, "duplicate_id", "a")]
    assert changed == {}


def test_an_id_that_comes_twice_in_a_call_is_stored_once(pool: Pool) -> None:
    one, another = submission("a", token=b"one"), submission("a", token=b"another")

    refused, changed = pool.watch(commands.enqueue(pool.keys, [one, one, another]))

    assert refused == [Refusal(1, "same", "a"), Refusal(2, "duplicate_id", "a")]
    assert changed["tasks"]["a"]["token"] == "one"
    assert changed["counted"] == {"enqueued": 1}


def test_the_id_of_an_ended_task_can_be_used_again_and_nothing_of_the_former_one_remains(
    pool: Pool,
) -> None:
    pool.join()
    pool.submit("a", token=b"one", ttl_ms=DAY, key="k", body=b"x" * (INLINE_LIMIT + 1))
    claim = pool.claim_one()
    pool.ask(commands.log(pool.keys, [("a", claim.epoch, [b"line"])]))
    pool.ask(commands.progress(pool.keys, [("a", claim.epoch, b"half")]))
    pool.finish(claim, result=b"result", problem=b"problem")
    pool.pass_time(-DAY)  # not even a clock that was set back makes the epoch fall

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", token=b"another")]))

    assert refused == []
    assert changed == {
        "done:succeeded": {"a": GONE},
        "expiring": {"a": GONE},
        "results": {"a": GONE},
        "attempts": {"a": GONE},
        "progress": {"a": GONE},
        "payloads": {"a": GONE},
        "log:a": GONE,
        "ready": {"a": score(2)},
        "meta": {"seq": 2},
        "tasks": {
            "a": fields(
                state=State.QUEUED,
                score=score(2),
                token="another",
                key="",
                epoch=claim.epoch + 1,
                ended=0,
                owner="",
                attempt=0,
                ttl=0,
                spilled=0,
                logged=0,
                enqueued_at=NOW - DAY,
                started_at=0,
                finished_at=0,
                body=b"body",
            )
        },
        wake(): {"go": 0},
        "counted": {"enqueued": 1},
    }


def test_the_id_of_a_task_that_this_version_cannot_read_is_taken(pool: Pool) -> None:
    pool.submit("newer", "unreadable")
    pool.make_newer("newer")
    pool.make_unreadable("unreadable")
    batch = [submission("newer", token=b"x"), submission("unreadable", token=b"x")]

    refused, changed = pool.watch(commands.enqueue(pool.keys, batch))

    assert [refusal.outcome for refusal in refused] == ["duplicate_id", "duplicate_id"]
    assert changed == {}


# --- dedupe keys ---------------------------------------------------------------------------------


def test_a_key_belongs_to_one_live_task(pool: Pool) -> None:
    _, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", key="k")]))
    assert changed["keys"] == {"k": "a"}
    assert changed["tasks"]["a"]["key"] == "k"

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("b", key="k")]))

    assert refused == [Refusal(0, "duplicate_key", "a")]
    assert changed == {}


def test_where_the_holder_of_the_key_is_the_answer_it_is_named(pool: Pool) -> None:
    pool.submit("a", key="k")

    refused, changed = pool.watch(
        commands.enqueue(pool.keys, [submission("b", key="k"), submission("c")], existing=True)
    )

    assert refused == [Refusal(0, "existing", "a")]
    assert set(changed["tasks"]) == {"c"}


def test_a_key_that_comes_twice_in_a_call_goes_to_the_first(pool: Pool) -> None:
    batch = [submission("a", key="k"), submission("b", key="k")]

    refused, changed = pool.watch(commands.enqueue(pool.keys, batch))

    assert refused == [Refusal(1, "duplicate_key", "a")]
    assert changed["keys"] == {"k": "a"}


def test_a_key_is_free_again_when_its_task_has_ended(pool: Pool) -> None:
    pool.join()
    pool.submit_and_finish("a", key="k")

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("b", key="k")]))

    assert refused == []
    assert changed["keys"] == {"k": "b"}


def test_a_key_is_free_when_its_holder_could_not_be_read_and_was_buried(pool: Pool) -> None:
    pool.join()
    pool.submit("a", key="k")
    pool.make_unreadable("a")
    pool.claim(0)
    pool.ask(pool.next_exchange(free=1))
    assert pool.field("a", "state") == State.DEAD

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("b", key="k")]))

    assert refused == []
    assert changed["keys"] == {"k": "b"}


# --- capacity ------------------------------------------------------------------------------------


def test_a_full_pool_takes_as_many_as_fit_and_refuses_the_rest(pool: Pool) -> None:
    pool.control(capacity=2)
    batch = [submission("a"), submission("b", delay_ms=1), submission("c"), submission("d")]

    refused, changed = pool.watch(commands.enqueue(pool.keys, batch))

    assert refused == [Refusal(2, "full", "2"), Refusal(3, "full", "2")]
    assert set(changed["tasks"]) == {"a", "b"}


def test_ended_tasks_do_not_fill_a_pool(pool: Pool) -> None:
    pool.join()
    pool.control(capacity=1)
    pool.submit_and_finish("a", "b")

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("c")]))

    assert refused == []
    assert set(changed["tasks"]) == {"c"}


def test_an_id_used_again_takes_room_like_any_other(pool: Pool) -> None:
    pool.join()
    pool.control(capacity=1)
    pool.submit_and_finish("a", token=b"one")
    pool.submit("b")

    refused, changed = pool.watch(commands.enqueue(pool.keys, [submission("a", token=b"another")]))

    assert refused == [Refusal(0, "full", "1")]
    assert changed == {}


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
