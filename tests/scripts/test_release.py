"""`release`: an instance hands claims back; each task returns to its place, uncharged."""

from skedulr import commands
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import LEASE, SECOND, Pool, score, wake


def test_a_released_task_keeps_its_place_and_is_not_charged(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    claim = pool.claim_one()
    pool.pass_time(SECOND)

    back, changed = pool.watch(commands.release(pool.keys, "w1", [("a", claim.epoch)]))

    assert back == 1
    assert changed == {
        "running": {"a": GONE},
        "own:w1": {"a": GONE},
        "lease": {"w1": GONE},
        "ready": {"a": score(1)},
        "tasks": {"a": fields(state=State.QUEUED, ended=claim.epoch)},
        "counted": {"released": 1},
    }
    assert pool.queue() == ["a", "b"]


def test_a_worker_is_woken_for_it(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    claim = pool.claim_one()
    assert not pool.marked()

    _, changed = pool.watch(commands.release(pool.keys, "w1", [("a", claim.epoch)]))

    assert changed[wake()] == {"go": 0}


def test_the_lease_goes_on_for_what_is_kept(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, _ = pool.claim(2)
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.release(pool.keys, "w1", [("a", first.epoch)]))

    assert "lease" not in changed
    assert pool.snapshot()["lease"] == {"w1": pool.now - SECOND + LEASE}


def test_a_task_to_be_cancelled_is_cancelled_when_it_is_released(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", key="k")
    claim = pool.claim_one()
    pool.ask(commands.cancel(pool.keys, "a"))

    back, changed = pool.watch(commands.release(pool.keys, "w1", [("a", claim.epoch)]))

    assert back == 1
    assert "ready" not in changed
    assert changed["tasks"]["a"] == fields(
        state=State.CANCELLED, ended=claim.epoch, cancel=0, finished_at=pool.now, reason="user"
    )
    assert changed["done:cancelled"] == {"a": pool.now}
    assert changed["keys"] == {"k": GONE}
    assert changed["counted"] == {"released": 1, "cancelled": 1}


def test_a_task_of_a_limited_job_makes_room_for_another(pool: Pool) -> None:
    pool.join("w1")
    pool.limit("job", 1)
    pool.submit("a")
    claim = pool.claim_one()

    _, changed = pool.watch(commands.release(pool.keys, "w1", [("a", claim.epoch)]))

    assert changed["limited:job"] == {"a": GONE}


def test_a_release_that_comes_again_changes_nothing(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    release = commands.release(pool.keys, "w1", [("a", pool.claim_one().epoch)])
    pool.ask(release)

    assert pool.watch(release) == (0, {})


def test_only_the_claim_that_is_named_is_released(pool: Pool) -> None:
    pool.join("w1")
    pool.join("w2")
    pool.submit("a")
    epoch = pool.claim_one().epoch

    assert pool.watch(commands.release(pool.keys, "w1", [("a", epoch - 1)])) == (0, {})
    assert pool.watch(commands.release(pool.keys, "w2", [("a", epoch)])) == (0, {})
    assert pool.watch(commands.release(pool.keys, "w1", [("missing", epoch)])) == (0, {})


def test_what_nobody_can_read_stays_for_the_recovery(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, second = pool.claim(2)
    pool.make_unreadable("a")
    pool.make_newer("b")
    claims = [("a", first.epoch), ("b", second.epoch)]

    assert pool.watch(commands.release(pool.keys, "w1", claims)) == (0, {})


def test_a_call_releases_1000_claims(pool: Pool) -> None:
    pool.join("w1")
    most = commands.MOST_TASKS
    pool.submit(*[f"t{n}" for n in range(most)])
    claims = pool.claim(most)

    back, changed = pool.watch(
        commands.release(pool.keys, "w1", [(claim.id, claim.epoch) for claim in claims])
    )

    assert back == most
    assert pool.queue() == [f"t{n}" for n in range(most)]
    assert changed["lease"] == {"w1": GONE}
