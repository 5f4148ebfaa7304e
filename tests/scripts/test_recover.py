"""`recover`: takes back what an instance owned whose lease is over, unless Redis was away."""

from skedulr import commands
from skedulr.commands import Recovered
from skedulr.reports import unpack_problem
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import LEASE, MINUTE, NOW, SECOND, Pool, score, wake

NOBODY = Recovered(more=False, instance="", tasks=0)


def sweep(pool: Pool, seconds: int) -> list[str]:
    """Sweep once a second for so long; answers whose tasks were taken back."""
    found = []
    for _ in range(seconds):
        pool.pass_time(SECOND)
        found.append(pool.ask(commands.recover(pool.keys)).instance)
    return [name for name in found if name]


def running(pool: Pool, *ids: str, instance: str = "w1") -> None:
    """Let an instance run tasks under a steady sweep."""
    pool.ask(commands.recover(pool.keys))
    sweep(pool, LEASE // SECOND + 1)
    pool.join(instance)
    pool.submit(*ids)
    pool.claim(len(ids), instance=instance)


def test_a_task_goes_back_to_its_place_when_the_lease_on_it_is_over(pool: Pool) -> None:
    running(pool, "a", "b")
    assert sweep(pool, LEASE // SECOND - 1) == []
    now = pool.pass_time(SECOND)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == Recovered(more=False, instance="w1", tasks=2)
    assert changed == {
        "running": {"a": GONE, "b": GONE},
        "own:w1": {"a": GONE, "b": GONE},
        "lease": {"w1": GONE},
        "ready": {"a": score(1), "b": score(2)},
        "tasks": {
            "a": fields(state=State.QUEUED, losses=1),
            "b": fields(state=State.QUEUED, losses=1),
        },
        "meta": {"swept": now},
        wake(): {"go": 0},
        "counted": {"recovered": 2},
    }


def test_a_renewed_lease_is_left_alone(pool: Pool) -> None:
    running(pool, "a")
    sweep(pool, 10)
    pool.ask(commands.beat(pool.keys, "w1", 0, []))

    assert sweep(pool, LEASE // SECOND - 1) == []
    assert sweep(pool, 1) == ["w1"]


def test_a_sweep_that_finds_nothing_only_notes_its_time(pool: Pool) -> None:
    running(pool, "a")
    now = pool.pass_time(SECOND)

    assert pool.watch(commands.recover(pool.keys)) == (NOBODY, {"meta": {"swept": now}})


def test_the_second_loss_in_a_row_makes_a_suspect(pool: Pool) -> None:
    running(pool, "a")
    pool.lose_lease()
    pool.claim_one()
    sweep(pool, LEASE // SECOND - 1)
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.recover(pool.keys))

    assert changed["tasks"]["a"] == fields(state=State.QUEUED, losses=2, suspect=1, gate="solo:job")
    assert changed["held:solo:job"] == {"a": score(1)}
    assert "ready" not in changed


def test_the_seventh_loss_in_a_row_ends_a_suspect(pool: Pool) -> None:
    running(pool, "a")
    for number in range(1, 7):
        pool.lose_lease(f"w{number}")
        pool.join(f"w{number + 1}", solo=number >= 2)
        pool.claim_one(instance=f"w{number + 1}")
    sweep(pool, LEASE // SECOND - 1)
    now = pool.pass_time(SECOND)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == Recovered(more=False, instance="w7", tasks=1)
    assert changed["tasks"]["a"] == fields(
        state=State.DEAD, losses=7, suspect=0, finished_at=now, reason="poison"
    )
    [kept] = changed["attempts"]["a"]
    assert (kept["kind"], kept["owner"]) == ("loss", "w7")
    assert "losses in a row" in unpack_problem(kept["problem"])[0]
    assert changed["done:dead"] == {"a": now}


def test_a_task_to_be_cancelled_is_cancelled(pool: Pool) -> None:
    running(pool, "a")
    pool.ask(commands.cancel(pool.keys, "a"))
    sweep(pool, LEASE // SECOND - 1)
    now = pool.pass_time(SECOND)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered.tasks == 1
    assert changed["done:cancelled"] == {"a": now}
    assert changed["tasks"]["a"]["state"] == State.CANCELLED


def test_a_task_of_a_limited_job_makes_room(pool: Pool) -> None:
    pool.limit("job", 1)
    running(pool, "a")
    sweep(pool, LEASE // SECOND - 1)
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.recover(pool.keys))

    assert changed["limited:job"] == {"a": GONE}


# --- when Redis was away -------------------------------------------------------------------------


def test_the_first_sweep_gives_every_instance_a_lease_to_come_back(pool: Pool) -> None:
    pool.join("w1")
    pool.join("w2", lease_ms=MINUTE)
    pool.submit("a")
    pool.claim_one()
    now = pool.pass_time(LEASE)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == NOBODY
    assert changed == {"meta": {"swept": now, "hold": now + MINUTE}}


def test_after_a_gap_in_the_sweeps_nothing_is_recovered_for_the_longest_lease(pool: Pool) -> None:
    running(pool, "a")
    now = pool.pass_time(LEASE)

    recovered, changed = pool.watch(commands.recover(pool.keys))
    assert recovered == NOBODY
    assert changed == {"meta": {"swept": now, "hold": now + LEASE}}

    assert sweep(pool, LEASE // SECOND - 1) == []
    assert sweep(pool, 1) == ["w1"]


def test_a_gap_of_3_seconds_is_none(pool: Pool) -> None:
    running(pool, "a")
    sweep(pool, LEASE // SECOND - 3)
    pool.pass_time(3 * SECOND)

    assert pool.ask(commands.recover(pool.keys)).instance == "w1"


def test_a_longer_one_is(pool: Pool) -> None:
    running(pool, "a")
    sweep(pool, LEASE // SECOND - 3)
    pool.pass_time(3 * SECOND + 1)

    assert pool.ask(commands.recover(pool.keys)) == NOBODY


def test_a_clock_that_was_set_back_holds_recovery_too_and_no_lease_lasts_for_ever(
    pool: Pool,
) -> None:
    running(pool, "a")
    sweep(pool, 1)
    now = pool.pass_time(-MINUTE)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == NOBODY
    assert changed == {
        "meta": {"swept": now, "hold": now + LEASE},
        "lease": {"w1": now + LEASE},
    }
    assert sweep(pool, LEASE // SECOND) == ["w1"]


# --- many, and what does not fit -----------------------------------------------------------------


def test_one_instance_is_recovered_a_call_and_more_is_said(pool: Pool) -> None:
    pool.join("w2")
    running(pool, "a")
    pool.submit("b")
    pool.claim_one(instance="w2")
    sweep(pool, LEASE // SECOND - 1)
    pool.pass_time(SECOND)

    first = pool.ask(commands.recover(pool.keys))
    second = pool.ask(commands.recover(pool.keys))

    assert first == Recovered(more=True, instance="w1", tasks=1)
    assert second == Recovered(more=False, instance="w2", tasks=1)


def test_500_tasks_are_recovered_a_call_and_more_is_said(pool: Pool) -> None:
    running(pool, *[f"t{n}" for n in range(501)])
    sweep(pool, LEASE // SECOND - 1)
    pool.pass_time(SECOND)

    first, changed = pool.watch(commands.recover(pool.keys))
    assert first == Recovered(more=True, instance="w1", tasks=500)
    assert "lease" not in changed

    second, changed = pool.watch(commands.recover(pool.keys))
    assert second == Recovered(more=False, instance="w1", tasks=1)
    assert changed["lease"] == {"w1": GONE}


def test_entries_that_fit_no_claim_are_dropped_and_unreadable_ones_become_dead(
    pool: Pool,
) -> None:
    running(pool, "a", "b")
    pool.make_unreadable("a")
    pool.redis.hset(pool.name("own:w1"), mapping={"missing": "7 1", "b": f"{NOW} 1"})
    sweep(pool, LEASE // SECOND - 1)
    now = pool.pass_time(SECOND)

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == Recovered(more=False, instance="w1", tasks=0)
    assert changed["own:w1"] == {"a": GONE, "b": GONE, "missing": GONE}
    assert changed["running"] == {"a": GONE}
    assert changed["done:dead"] == {"a": now}
    assert set(changed["tasks"]) == {"a"}


def test_a_lease_on_nothing_ends(pool: Pool) -> None:
    running(pool, "a")
    pool.redis.zadd(pool.keys.lease, {"ghost": pool.now})

    recovered, changed = pool.watch(commands.recover(pool.keys))

    assert recovered == Recovered(more=False, instance="ghost", tasks=0)
    assert changed == {"lease": {"ghost": GONE}}
