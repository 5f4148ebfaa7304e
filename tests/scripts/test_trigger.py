"""`trigger` tells tasks how their parents have ended, and lets go or cancels those who waited."""

import pytest

from skedulr import commands
from skedulr.commands import NEVER_CAME, On, Told
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import MINUTE, NEWER, NOW, SECOND, Pool, score, wake

ON = (On.SUCCESS, On.FAILURE, On.END)


def waiting(pool: Pool, *ons: On, takes: int = 0, **given: object) -> None:
    """Submit the task `c`, which waits for `other/p0`, `other/p1` …"""
    parents = [(f"other/p{place}", int(on), takes) for place, on in enumerate(ons)]
    pool.submit("c", parents=parents, token=b"t", **given)


def told(parent: int, state: int, epoch: int = 7, result: bytes = b"", token: bytes = b"t") -> Told:
    """The end of a parent of `c`."""
    return Told("c", token, f"other/p{parent}", epoch, state, result)


def test_the_only_parent_lets_the_task_into_the_queue(pool: Pool) -> None:
    pool.join("w1")
    waiting(pool, On.SUCCESS, takes=1)
    now = pool.pass_time(SECOND)

    news, changed = pool.watch(
        commands.trigger(pool.keys, [told(0, State.SUCCEEDED, result=b"\x07")])
    )

    assert news == 1
    assert changed == {
        "waiting": {"c": GONE},
        "ready": {"c": score(1)},
        "tasks": {"c": fields(state=State.QUEUED, score=score(1), ready_at=now, awaits=0)},
        "parents:c": {"other/p0": [On.SUCCESS, 1, 0, 1]},
        "inputs:c": {"other/p0": b"\x07"},
        "meta": {"seq": 1},
        wake(): {"go": 0},
    }


@pytest.mark.parametrize("on", ON)
@pytest.mark.parametrize(
    "state", [State.SUCCEEDED, State.FAILED, State.DEAD, State.CANCELLED, NEVER_CAME]
)
def test_each_condition_takes_its_ends_and_no_other(pool: Pool, on: On, state: int) -> None:
    wanted = {
        On.SUCCESS: {State.SUCCEEDED},
        On.FAILURE: {State.FAILED, State.DEAD},
        On.END: {State.SUCCEEDED, State.FAILED, State.DEAD, State.CANCELLED},
    }
    waiting(pool, on)

    assert pool.ask(commands.trigger(pool.keys, [told(0, state)])) == 1

    met = state in wanted[on]
    assert pool.field("c", "state") == (State.QUEUED if met else State.CANCELLED)
    assert pool.field("c", "reason") == ("" if met else "upstream")


def test_all_parents_have_to_end_and_the_last_one_counts_once(pool: Pool) -> None:
    waiting(pool, On.SUCCESS, On.SUCCESS)
    first = commands.trigger(pool.keys, [told(0, State.SUCCEEDED)])

    assert pool.ask(first) == 1
    assert (pool.field("c", "state"), pool.field("c", "awaits")) == (State.WAITING, 1)
    again, changed = pool.watch(first)
    assert (again, changed) == (0, {})
    both = [told(1, State.SUCCEEDED), told(1, State.SUCCEEDED), told(0, State.FAILED)]
    assert pool.ask(commands.trigger(pool.keys, both)) == 1
    assert pool.field("c", "state") == State.QUEUED


def test_a_delay_begins_now(pool: Pool) -> None:
    pool.join("w1")
    waiting(pool, On.SUCCESS, delay_ms=MINUTE)
    now = pool.pass_time(SECOND)

    _, changed = pool.watch(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)]))

    assert changed["due"] == {"c": now + MINUTE}
    assert pool.field("c", "state") == State.SCHEDULED
    assert changed[wake()] == {"go": 0}, "somebody sets a timer"


def test_an_absolute_time_wins_over_the_end_of_the_parents(pool: Pool) -> None:
    waiting(pool, On.SUCCESS, at_ms=NOW + MINUTE)

    _, changed = pool.watch(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)]))

    assert changed["due"] == {"c": NOW + MINUTE}


@pytest.mark.parametrize(
    "said",
    [
        told(0, State.FAILED, token=b"of a former submission"),
        told(5, State.FAILED),
        Told("missing", b"t", "other/p0", 7, State.FAILED),
        told(0, State.FAILED, epoch=0),
    ],
    ids=["another token", "no parent", "no task", "an end that is too old"],
)
def test_what_is_no_news_changes_nothing(pool: Pool, said: Told) -> None:
    waiting(pool, On.SUCCESS)

    assert pool.watch(commands.trigger(pool.keys, [said])) == (0, {})


def test_a_task_that_does_not_wait_any_more_keeps_its_state(pool: Pool) -> None:
    waiting(pool, On.SUCCESS)
    pool.ask(commands.cancel(pool.keys, "c"))

    _, changed = pool.watch(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)]))

    assert changed == {
        "tasks": {"c": fields(awaits=0)},
        "parents:c": {"other/p0": [On.SUCCESS, 1, 0, 0]},
    }


def test_a_cancelled_task_that_others_hang_on_tells_them(pool: Pool) -> None:
    waiting(pool, On.SUCCESS, flow="pool/f")

    pool.ask(commands.trigger(pool.keys, [told(0, State.DEAD)]))

    assert pool.snapshot()["events"][-1] == {"kind": "ended", "id": "c", "epoch": NOW}
    assert pool.field("c", "linked") == 2


def test_a_triggered_task_passes_over_the_capacity(pool: Pool) -> None:
    waiting(pool, On.SUCCESS)
    pool.submit("another")
    pool.control(capacity=1)

    pool.ask(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)]))

    assert pool.queue() == ["another", "c"]


def test_a_record_that_nobody_can_read_becomes_dead(pool: Pool) -> None:
    waiting(pool, On.SUCCESS)
    pool.make_unreadable("c")

    pool.ask(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)]))

    assert pool.field("c", "state") == State.DEAD
    assert "waiting" not in pool.snapshot()


def test_a_newer_record_is_left_to_newer_code(pool: Pool) -> None:
    waiting(pool, On.SUCCESS)
    pool.make_newer("c")

    assert pool.watch(commands.trigger(pool.keys, [told(0, State.SUCCEEDED)])) == (0, {})
    assert NEWER
