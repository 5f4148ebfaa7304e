"""`resubmit`: gives an ended task a new life that keeps its history."""

import pytest

from skedulr import commands
from skedulr.commands import Standing
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import DAY, NOW, SECOND, UNREADABLE, Pool, score, wake

ENDED_BADLY = [State.FAILED, State.DEAD, State.CANCELLED]


def resubmit(
    pool: Pool, task_id: str = "a", epoch: int = 0, token: bytes = b"again", **given: bool
) -> commands.Command[Standing]:
    """The command, for whatever generation the task has."""
    return commands.resubmit(pool.keys, task_id, epoch, token, **given)


def test_a_dead_task_enters_the_queue_anew_and_takes_its_key_again(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", key="k", ttl_ms=DAY, expires_in_ms=SECOND)
    claim = pool.claim_one()
    pool.ask(commands.progress(pool.keys, [("a", claim.epoch, b"half")]))
    pool.finish(claim, state=State.DEAD, problem=b"p", reason="why")
    now = pool.pass_time(DAY)

    standing, changed = pool.watch(resubmit(pool, epoch=claim.epoch))

    assert standing == Standing("resubmitted", State.QUEUED, now)
    assert changed == {
        "done:dead": {"a": GONE},
        "expiring": {"a": GONE},
        "progress": {"a": GONE},
        "ready": {"a": score(2)},
        "meta": {"seq": 2},
        "keys": {"k": "a"},
        "tasks": {
            "a": fields(
                state=State.QUEUED,
                score=score(2),
                epoch=now,
                again="again",
                owner="",
                attempt=0,
                ready_at=now,
                started_at=0,
                finished_at=0,
                expires_at=0,
                reason="",
            )
        },
        wake(): {"go": 0},
        "counted": {"resubmitted": 1},
    }
    assert len(pool.snapshot()["attempts"]["a"]) == 1, "its history stays"


@pytest.mark.parametrize("state", ENDED_BADLY)
def test_what_ended_badly_can_run_again(pool: Pool, state: State) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=state)

    standing, changed = pool.watch(resubmit(pool))

    assert standing.outcome == "resubmitted"
    assert changed[f"done:{state.label}"] == {"a": GONE}
    assert [claim.id for claim in pool.claim(1)] == ["a"]


def test_a_full_pool_takes_none_and_changes_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.FAILED)
    pool.submit("b", delay_ms=DAY)
    pool.ask(commands.control(pool.keys, {"capacity": 1}))

    standing, changed = pool.watch(resubmit(pool))
    assert (standing.outcome, standing.holder) == ("full", "1")
    assert changed == {}

    pool.ask(commands.control(pool.keys, {"capacity": 2}))
    standing, _ = pool.watch(resubmit(pool))
    assert standing.outcome == "resubmitted"


def test_what_is_a_part_of_a_whole_passes_over_the_capacity(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.FAILED)
    pool.submit("b")
    pool.ask(commands.control(pool.keys, {"capacity": 1}))

    standing, _ = pool.watch(resubmit(pool, beyond=True))
    assert standing.outcome == "resubmitted"


def test_one_that_was_resubmitted_is_told_so_again_though_the_pool_is_full_by_now(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.FAILED)
    pool.ask(commands.control(pool.keys, {"capacity": 1}))
    first, _ = pool.watch(resubmit(pool))
    again, changed = pool.watch(resubmit(pool))
    assert (again, changed) == (first, {})


def test_what_succeeded_runs_again_only_by_explicit_wish_and_its_result_goes(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.finish(pool.claim_one(), result=b"r")

    standing, changed = pool.watch(resubmit(pool))
    assert (standing.outcome, standing.state) == ("refused", State.SUCCEEDED)
    assert changed == {}

    standing, changed = pool.watch(resubmit(pool, any_state=True))
    assert standing.outcome == "resubmitted"
    assert changed["results"] == {"a": GONE}
    assert changed["done:succeeded"] == {"a": GONE}


@pytest.mark.parametrize("state", ["scheduled", "queued", "running"])
def test_a_task_that_is_not_over_is_refused(pool: Pool, state: str) -> None:
    pool.join("w1")
    pool.submit("a", delay_ms=SECOND if state == "scheduled" else 0)
    if state == "running":
        pool.claim_one()

    standing, changed = pool.watch(resubmit(pool, any_state=True))

    assert (standing.outcome, standing.state) == ("refused", State[state.upper()])
    assert changed == {}


@pytest.mark.parametrize("since", ["queued", "running", "succeeded"])
def test_the_same_resubmission_again_changes_nothing_whatever_became_of_the_task(
    pool: Pool, since: str
) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.DEAD)
    seen = pool.field("a", "epoch")
    pool.ask(resubmit(pool, epoch=seen))
    if since != "queued":
        claim = pool.claim_one()
        if since == "succeeded":
            pool.finish(claim)

    standing, changed = pool.watch(resubmit(pool, epoch=seen, any_state=True))

    assert (standing.outcome, standing.state) == ("resubmitted", State[since.upper()])
    assert changed == {}


def test_a_task_that_has_changed_since_the_caller_looked_is_left_alone(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.DEAD)
    seen = pool.field("a", "epoch")
    pool.ask(resubmit(pool, token=b"other"))
    pool.finish(pool.claim_one(), state=State.DEAD)

    standing, changed = pool.watch(resubmit(pool, epoch=seen))

    assert (standing.outcome, standing.state) == ("changed", State.DEAD)
    assert changed == {}


def test_the_epoch_rises_although_the_clock_was_set_back(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", state=State.DEAD)
    epoch = pool.field("a", "epoch")
    pool.pass_time(-DAY)

    assert pool.ask(resubmit(pool)).epoch == epoch + 1


def test_a_key_that_another_live_task_holds_is_not_taken_from_it(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", key="k", state=State.DEAD)
    pool.submit("b", key="k")

    standing, changed = pool.watch(resubmit(pool))

    assert (standing.outcome, standing.state) == ("duplicate_key", State.DEAD)
    assert standing.holder == "b"
    assert changed == {}


def test_a_key_is_free_when_its_holder_was_buried(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish("a", key="k", state=State.DEAD)
    pool.submit("b", key="k")
    pool.make_unreadable("b")
    pool.ask(pool.next_exchange(free=1))
    assert pool.field("b", "state") == State.DEAD

    standing, changed = pool.watch(resubmit(pool))

    assert standing.outcome == "resubmitted"
    assert changed["keys"] == {"k": "a"}


def test_a_task_that_was_poison_begins_with_a_clean_slate(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.suspect()
    for number in range(3):
        pool.join(f"alone-{number}", solo=True)
        pool.claim_one(instance=f"alone-{number}")
        pool.ask(commands.leave(pool.keys, f"alone-{number}", crashed=True))
    assert pool.field("a", "reason") == "poison"

    _, changed = pool.watch(resubmit(pool))

    assert changed["ready"] == {"a": score(2)}
    assert changed["tasks"]["a"]["crashes"] == 0
    assert pool.field("a", "suspect") == 0


def test_what_could_not_be_read_cannot_run_again(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.make_unreadable("a")
    pool.ask(pool.next_exchange(free=1))
    assert pool.snapshot()["tasks"]["a"]["body"] == UNREADABLE

    standing, changed = pool.watch(resubmit(pool))

    assert (standing.outcome, standing.state) == ("refused", State.DEAD)
    assert changed == {}


def test_what_is_not_there_or_cannot_be_read_is_missing(pool: Pool) -> None:
    pool.submit("unreadable")
    pool.make_unreadable("unreadable")

    for task_id in ("missing", "unreadable"):
        standing, changed = pool.watch(resubmit(pool, task_id))

        assert standing == Standing("missing", None, 0)
        assert changed == {}


def test_a_newer_record_is_left_to_newer_code(pool: Pool) -> None:
    pool.submit("a")
    pool.make_newer("a")

    standing, changed = pool.watch(resubmit(pool))

    assert standing == Standing("newer", None, 0)
    assert changed == {}


def test_a_large_body_and_the_log_stay(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", body=b"x" * 2000)
    claim = pool.claim_one()
    pool.ask(commands.log(pool.keys, [("a", claim.epoch, 0, [b"line"])]))
    pool.finish(claim, state=State.DEAD)

    _, changed = pool.watch(resubmit(pool))

    assert not {"payloads", "log:a"} & set(changed)
    assert pool.claim_one().body == b"x" * 2000
    assert pool.now == NOW
