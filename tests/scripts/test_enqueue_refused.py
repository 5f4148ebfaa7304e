"""`enqueue`: what stands against a submission, and what no longer does."""

import pytest

from skedulr import commands
from skedulr.commands import Refusal
from skedulr.record import INLINE_LIMIT
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import DAY, NOW, Pool, score, submission, wake

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
    pool.ask(commands.log(pool.keys, [("a", claim.epoch, 0, [b"line"])]))
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
