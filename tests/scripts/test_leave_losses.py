"""`leave` after a death: who has a loss, who is charged with a crash, and who is dead."""

from typing import Any

import pytest

from skedulr import commands
from skedulr.commands import Left
from skedulr.reports import unpack_problem
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import Pool, score, wake

PROBLEM = b"\x81\xa6signal\t"


def test_a_crash_in_company_is_a_loss_to_all_tasks_and_charged_to_none(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.claim(2)

    left, changed = pool.watch(commands.leave(pool.keys, "w1", crashed=True, problem=b"p"))

    assert left == Left(more=False, back=2, suspects=0)
    assert changed["ready"] == {"a": score(1), "b": score(2)}
    assert changed["tasks"] == {
        task_id: fields(state=State.QUEUED, losses=1) for task_id in ("a", "b")
    }
    assert changed["counted"] == {"recovered": 2}
    assert "attempts" not in changed


def test_a_task_that_was_there_at_two_crashes_in_company_is_a_suspect_and_no_other(
    pool: Pool,
) -> None:
    pool.submit("a")
    lose_in_company(pool, "w1")
    pool.submit("b")

    changed = lose_in_company(pool, "w2", 2)

    assert changed["held:solo:job"] == {"a": score(1)}
    assert changed["ready"] == {"b": score(2)}
    assert changed["tasks"] == {
        "a": fields(state=State.QUEUED, losses=2, suspect=1, gate="solo:job"),
        "b": fields(state=State.QUEUED, losses=1),
    }
    assert "attempts" not in changed


def lose_in_company(pool: Pool, name: str, tasks: int = 1) -> dict[str, Any]:
    """Let an instance claim so many tasks and crash; answers what the crash has changed."""
    pool.join(name)
    pool.claim(tasks, instance=name)
    _, changed = pool.watch(commands.leave(pool.keys, name, crashed=True))
    return changed


def test_an_acknowledgement_between_two_crashes_in_company_clears_the_first(pool: Pool) -> None:
    pool.submit("a")
    lose_in_company(pool, "w1")
    pool.join("w2")
    pool.finish(pool.claim_one(instance="w2"), instance="w2", state=State.SCHEDULED, kind="retry")

    changed = lose_in_company(pool, "w3")

    assert changed["tasks"]["a"]["losses"] == 1
    assert "gates" not in changed


def test_a_kill_of_the_whole_fleet_charges_nobody_and_holds_nobody_up(pool: Pool) -> None:
    ids = [f"t{number}" for number in range(20)]
    pool.submit(*ids)
    workers = [f"w{number}" for number in range(5)]
    for name in workers:
        pool.join(name)
        pool.claim(4, instance=name)

    for number, name in enumerate(workers):  # some of children, some of whole workers
        pool.ask(commands.leave(pool.keys, name, crashed=number % 2 == 0, lost=number % 2 == 1))

    assert pool.queue() == ids, "each is in its place, where any number run side by side"
    assert {(pool.field(task_id, "crashes"), pool.field(task_id, "losses")) for task_id in ids} == {
        (0, 1)
    }


def test_what_a_lost_worker_ran_has_lost_a_lease_and_waits_in_its_place(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    pool.claim_one()

    left, changed = pool.watch(commands.leave(pool.keys, "w1", lost=True))

    assert left == Left(more=False, back=1, suspects=0)
    assert changed["ready"] == {"a": score(1)}
    assert changed["tasks"] == {"a": fields(state=State.QUEUED, losses=1)}
    assert changed["counted"] == {"recovered": 1}
    assert changed["inst"] == changed["lease"] == {"w1": GONE}


def test_a_task_that_was_there_when_two_workers_got_lost_is_a_suspect(pool: Pool) -> None:
    pool.submit("a")
    for name in ("w1", "w2"):
        pool.join(name)
        pool.claim_one(instance=name)
        left = pool.ask(commands.leave(pool.keys, name, lost=True))
    assert left == Left(more=False, back=1, suspects=1)


def test_a_solo_instance_is_woken_for_suspects(pool: Pool) -> None:
    pool.join("alone", solo=True)
    pool.submit("a")
    lose_in_company(pool, "w1")

    changed = lose_in_company(pool, "w2")

    assert changed[wake("job", solo=True)] == {"go": 0}
    assert wake("job") not in changed


# --- crashes alone -------------------------------------------------------------------------------


def suspect(pool: Pool) -> None:
    """Make `a` a suspect."""
    pool.submit("a", key="k")
    lose_in_company(pool, "before-1")
    lose_in_company(pool, "before-2")


def crash_alone(pool: Pool, number: int) -> commands.Command[Left]:
    """Let `a` run alone; answers the command for the crash of its process."""
    name = f"alone-{number}"
    pool.join(name, solo=True)
    pool.claim_one(instance=name)
    return commands.leave(pool.keys, name, crashed=True, problem=PROBLEM)


def test_a_crash_of_a_task_that_ran_alone_is_charged_to_it(pool: Pool) -> None:
    suspect(pool)
    crash = crash_alone(pool, 1)
    epoch = pool.field("a", "epoch")

    left, changed = pool.watch(crash)

    assert left == Left(more=False, back=1, suspects=1)
    assert changed["held:solo:job"] == {"a": score(1)}
    assert changed["tasks"]["a"] == fields(
        state=State.QUEUED, ended=epoch, crashes=1, gate="solo:job"
    )
    kept = changed["attempts"]["a"]
    assert [(each["kind"], each["owner"]) for each in kept] == [("crash", "alone-1")]
    assert kept[0]["problem"] == PROBLEM


def test_the_third_crash_alone_makes_a_task_dead(pool: Pool) -> None:
    suspect(pool)
    pool.ask(crash_alone(pool, 1))
    pool.ask(crash_alone(pool, 2))
    crash = crash_alone(pool, 3)
    epoch = pool.field("a", "epoch")

    left, changed = pool.watch(crash)

    assert left == Left(more=False, back=0, suspects=0)
    assert changed["tasks"]["a"] == fields(
        state=State.DEAD,
        ended=epoch,
        crashes=3,
        suspect=0,
        finished_at=pool.now,
        reason="poison",
    )
    assert changed["done:dead"] == {"a": pool.now}
    assert changed["keys"] == {"k": GONE}
    assert changed["running"] == changed["own:alone-3"] == {"a": GONE}
    assert [each["kind"] for each in pool.snapshot()["attempts"]["a"]] == ["crash"] * 3
    assert changed["counted"] == {"dead": 1}


def test_where_it_is_known_who_did_it_that_task_alone_is_charged(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    pool.claim(2)
    crash = commands.leave(pool.keys, "w1", crashed=True, problem=PROBLEM, guilty=["b"])

    left, changed = pool.watch(crash)

    assert left == Left(more=False, back=2, suspects=1)
    assert changed["ready"] == {"a": score(1)}
    assert changed["held:solo:job"] == {"b": score(2)}
    assert "suspect" not in changed["tasks"]["a"]
    assert "crashes" not in changed["tasks"]["a"]
    assert changed["tasks"]["b"]["crashes"] == 1
    assert [each["kind"] for each in changed["attempts"]["b"]] == ["crash"]
    assert "a" not in changed["attempts"]


def lose_alone(pool: Pool, number: int) -> commands.Command[Left]:
    """Let `a` run alone; answers the command for the loss of the whole worker."""
    name = f"alone-{number}"
    pool.join(name, solo=True)
    pool.claim_one(instance=name)
    return commands.leave(pool.keys, name, lost=True)


def test_a_task_that_takes_its_worker_down_whenever_it_runs_alone_is_dead_after_seven_losses(
    pool: Pool,
) -> None:
    suspect(pool)  # two
    for number in range(3, 7):
        left = pool.ask(lose_alone(pool, number))
        assert left == Left(more=False, back=1, suspects=1)
    loss = lose_alone(pool, 7)

    _, changed = pool.watch(loss)

    assert changed["tasks"]["a"] == fields(
        state=State.DEAD, losses=7, suspect=0, finished_at=pool.now, reason="poison"
    )
    assert changed["keys"] == {"k": GONE}
    [kept] = changed["attempts"]["a"]
    assert (kept["kind"], kept["owner"]) == ("loss", "alone-7")
    error, _ = unpack_problem(kept["problem"])
    assert error.endswith("ran alone on it: 7 losses in a row")


def test_a_task_to_be_cancelled_is_cancelled_at_its_seventh_loss(pool: Pool) -> None:
    suspect(pool)
    for number in range(3, 7):
        pool.ask(lose_alone(pool, number))
    loss = lose_alone(pool, 7)
    pool.ask(commands.cancel(pool.keys, "a"))

    _, changed = pool.watch(loss)

    assert changed["done:cancelled"] == {"a": pool.now}
    assert "attempts" not in changed


def test_a_solo_instance_that_stops_charges_nobody(pool: Pool) -> None:
    suspect(pool)
    pool.join("alone", solo=True)
    pool.claim_one(instance="alone")

    left, changed = pool.watch(commands.leave(pool.keys, "alone"))

    assert left == Left(more=False, back=1, suspects=1)
    assert "crashes" not in changed["tasks"]["a"]
    assert "attempts" not in changed


@pytest.mark.parametrize("solo", [False, True])
def test_a_task_to_be_cancelled_is_cancelled_and_not_charged(pool: Pool, solo: bool) -> None:
    suspect(pool)
    pool.join("w2", solo=solo)
    if not solo:
        pool.submit("b")
    claim = pool.claim_one(instance="w2")
    pool.ask(commands.cancel(pool.keys, claim.id))

    left, changed = pool.watch(commands.leave(pool.keys, "w2", crashed=True))

    assert left == Left(more=False, back=1, suspects=0)
    assert changed["done:cancelled"] == {claim.id: pool.now}
    assert changed["tasks"][claim.id]["state"] == State.CANCELLED
    assert "crashes" not in changed["tasks"][claim.id]


# --- what does not fit ---------------------------------------------------------------------------
