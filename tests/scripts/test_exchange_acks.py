"""`exchange`: how acknowledgements end claims, and which of them count."""

from skedulr import commands
from skedulr.commands import Ack
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import DAY, LEASE, MINUTE, NOTHING, NOW, SECOND, Pool, score


def test_a_success_ends_the_claim_and_the_task(pool: Pool) -> None:
    epoch = pool.start("a", key="k", ttl_ms=DAY)
    now = pool.now

    reply, changed = pool.watch(
        pool.next_exchange(acks=[Ack("a", epoch, result=b"\xff result", reason="why")])
    )

    assert reply == NOTHING
    assert changed == {
        "running": {"a": GONE},
        "own:w1": {"a": GONE},
        "lease": {"w1": GONE},
        "tasks": {
            "a": fields(
                state=State.SUCCEEDED, ended=epoch, attempt=1, finished_at=now, reason="why"
            )
        },
        "done:succeeded": {"a": now},
        "expiring": {"a": now + DAY},
        "results": {"a": b"\xff result"},
        "keys": {"k": GONE},
        "inst": {"w1": {"number": 2, "gave": []}},
        "seen": {"w1": now},
        "counted": {"succeeded": 1, "ran_ms": SECOND},
    }


def test_a_success_without_a_result_stores_none(pool: Pool) -> None:
    epoch = pool.start("a")

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch)]))

    assert changed["tasks"]["a"]["state"] == State.SUCCEEDED
    assert "results" not in changed


def test_a_lease_goes_on_while_another_claim_lives(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    first, _ = pool.claim(2)
    now = pool.pass_time(SECOND)

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", first.epoch)]))

    assert changed["lease"] == {"w1": now + LEASE}
    assert changed["own:w1"] == {"a": GONE}


def test_a_failed_attempt_is_kept_with_its_problem(pool: Pool) -> None:
    epoch = pool.start("a")
    ack = Ack("a", epoch, State.FAILED, problem=b"\xff problem", reason="gave up", kind="fail")

    _, changed = pool.watch(pool.next_exchange(acks=[ack]))

    assert changed["tasks"]["a"] == fields(
        state=State.FAILED, ended=epoch, attempt=1, finished_at=pool.now, reason="gave up"
    )
    assert changed["done:failed"] == {"a": pool.now}
    assert changed["attempts"] == {
        "a": [
            fields(
                attempt=1,
                kind="fail",
                started_at=NOW,
                ended_at=pool.now,
                owner="w1",
                problem=b"\xff problem",
            )
        ]
    }
    assert changed["counted"] == {"failed": 1, "attempts_failed": 1, "ran_ms": SECOND}


def test_an_unexpected_exception_that_ends_a_task_is_counted(pool: Pool) -> None:
    epoch = pool.start("a")
    ack = Ack("a", epoch, State.DEAD, problem=b"p", kind="exception")

    _, changed = pool.watch(pool.next_exchange(acks=[ack]))

    assert changed["done:dead"] == {"a": pool.now}
    assert changed["counted"] == {"dead": 1, "panics": 1, "attempts_failed": 1, "ran_ms": SECOND}


def test_a_retry_waits_for_its_time_and_keeps_its_dedupe_key(pool: Pool) -> None:
    epoch = pool.start("a", key="k")
    ack = Ack("a", epoch, State.SCHEDULED, problem=b"p", delay_ms=MINUTE, kind="exception")

    reply, changed = pool.watch(pool.next_exchange(acks=[ack]))

    assert reply.next_at_ms == pool.now + MINUTE
    assert changed["due"] == {"a": pool.now + MINUTE}
    assert changed["running"] == {"a": GONE}
    assert changed["tasks"] == {"a": {"state": State.SCHEDULED, "ended": epoch, "attempt": 1}}
    assert "keys" not in changed
    assert changed["counted"] == {"retried": 1, "attempts_failed": 1, "ran_ms": SECOND}


def test_the_next_attempt_knows_how_many_ended_before_it_and_enters_the_queue_anew(
    pool: Pool,
) -> None:
    epoch = pool.start("a")
    pool.submit("b")
    pool.ask(pool.next_exchange(acks=[Ack("a", epoch, State.SCHEDULED, delay_ms=1)]))
    pool.pass_time(1)

    claims = pool.claim(2)

    assert [(claim.id, claim.attempt) for claim in claims] == [("b", 0), ("a", 1)]
    assert pool.field("a", "score") == score(3)


def test_a_task_to_be_cancelled_is_cancelled_instead_of_failed_or_retried(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b")
    claims = pool.claim(2)
    for claim in claims:
        pool.ask(commands.cancel(pool.keys, claim.id))
    acks = [
        Ack("a", claims[0].epoch, State.SCHEDULED, delay_ms=1),
        Ack("b", claims[1].epoch, State.FAILED, reason="interrupted"),
    ]

    _, changed = pool.watch(pool.next_exchange(acks=acks))

    for task_id in ("a", "b"):
        told = changed["tasks"][task_id]
        assert (told["state"], told["reason"], told["cancel"]) == (State.CANCELLED, "user", 0)
    assert changed["done:cancelled"] == {"a": NOW, "b": NOW}


def test_a_task_to_be_cancelled_that_succeeded_all_the_same_has_succeeded(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(commands.cancel(pool.keys, "a"))

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch)]))

    assert changed["tasks"]["a"]["state"] == State.SUCCEEDED
    assert changed["tasks"]["a"]["cancel"] == 0


def test_clients_that_wait_are_told_through_their_inboxes(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(commands.wait(pool.keys, "a", "c1"))
    pool.ask(commands.wait(pool.keys, "a", "c2"))

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch)]))

    assert changed["inbox:c1"] == ["a"]
    assert changed["inbox:c2"] == ["a"]
    assert changed["waiters"] == {"a": GONE}
    assert changed["tasks"]["a"]["waited"] == 0


def test_clients_are_told_once_although_the_script_then_moves_a_task_aside(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(commands.wait(pool.keys, "a", "c1"))
    pool.submit("b")
    pool.submit("x", job="other")
    assert pool.queue() == ["b", "x"], "nobody looked behind b yet"

    _, changed = pool.watch(pool.next_exchange(free=1, acks=[Ack("a", epoch)]))

    assert changed["held:job:other"] == {"x": score(3)}
    assert changed["inbox:c1"] == ["a"]
    assert changed["counted"]["succeeded"] == 1


def test_an_acknowledgement_clears_the_suspicion_and_the_losses(pool: Pool) -> None:
    pool.start("a")
    pool.lose_lease()
    epoch = pool.claim_one().epoch
    pool.lose_lease()
    assert (pool.field("a", "losses"), pool.field("a", "suspect")) == (2, 1)

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch, State.SCHEDULED)]))

    assert changed["held:solo:job"] == {"a": GONE}
    assert changed["tasks"]["a"] == fields(
        state=State.SCHEDULED, ended=epoch, attempt=1, suspect=0, losses=0, gate=""
    )


# --- history -------------------------------------------------------------------------------------


def test_problems_of_many_attempts_are_kept_up_to_64_kib_and_the_oldest_go(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a")
    large = b"x" * 30_000
    for _ in range(5):
        claim = pool.claim_one()
        ack = Ack("a", claim.epoch, State.SCHEDULED, problem=large, kind="retry")
        pool.ask(pool.next_exchange(acks=[ack]))
        pool.ask(commands.promote(pool.keys))

    kept = pool.snapshot()["attempts"]["a"]

    assert [each["attempt"] for each in kept] == [3, 4, 5]


def test_each_end_forgets_at_most_ten_successes_that_are_too_old(pool: Pool) -> None:
    pool.join("w1")
    pool.submit_and_finish(*[f"old-{n}" for n in range(11)])
    pool.submit("a")
    claim = pool.claim_one()
    pool.control(retention=MINUTE)
    pool.pass_time(MINUTE)

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", claim.epoch)]))

    gone = [task_id for task_id, record in changed["tasks"].items() if record is GONE]
    assert len(gone) == 10
    assert len(pool.snapshot()["done:succeeded"]) == 2


# --- crashes of a process that a task had for itself ----------------------------------------------


def crash(epoch: int, kind: str = "crash") -> Ack:
    problem = b"problem" if kind == "crash" else b""
    return Ack("a", epoch, State.QUEUED, b"", problem, 0, "", kind)


def test_a_crash_is_charged_and_the_task_goes_back_to_its_place_under_no_suspicion(
    pool: Pool,
) -> None:
    epoch = pool.start("a")

    reply, changed = pool.watch(pool.next_exchange(acks=[crash(epoch)]))

    assert reply.lost == []
    assert changed["ready"] == {"a": score(1)}
    assert changed["tasks"]["a"] == fields(state=State.QUEUED, ended=epoch, crashes=1)
    [kept] = changed["attempts"]["a"]
    assert (kept["kind"], kept["problem"]) == ("crash", "problem")


def test_a_crash_that_is_told_twice_is_charged_once(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(pool.next_exchange(acks=[crash(epoch)]))

    reply, changed = pool.watch(pool.next_exchange(acks=[crash(epoch)]))

    assert reply.lost == []
    assert "tasks" not in changed


def test_the_third_crash_of_its_own_process_makes_a_task_dead(pool: Pool) -> None:
    epoch = pool.start("a")
    for _ in range(2):
        pool.ask(pool.next_exchange(acks=[crash(epoch)]))
        epoch = pool.claim_one().epoch

    _, changed = pool.watch(pool.next_exchange(acks=[crash(epoch)]))

    assert changed["tasks"]["a"]["state"] == State.DEAD
    assert changed["tasks"]["a"]["crashes"] == 3
    assert pool.field("a", "reason") == "poison"


def test_a_task_whose_process_was_killed_by_somebody_has_a_loss_and_is_not_charged(
    pool: Pool,
) -> None:
    epoch = pool.start("a")

    _, changed = pool.watch(pool.next_exchange(acks=[crash(epoch, "suspected")]))

    assert changed["ready"] == {"a": score(1)}
    assert changed["tasks"]["a"] == fields(state=State.QUEUED, ended=epoch, losses=1)


def test_one_that_is_so_killed_twice_in_a_row_runs_alone(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(pool.next_exchange(acks=[crash(epoch, "suspected")]))
    epoch = pool.claim_one().epoch

    _, changed = pool.watch(pool.next_exchange(acks=[crash(epoch, "suspected")]))

    assert changed["held:solo:job"] == {"a": score(1)}
    assert changed["tasks"]["a"]["losses"] == 2
    assert changed["tasks"]["a"]["suspect"] == 1


def test_a_crash_of_a_task_to_be_cancelled_cancels_it(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(commands.cancel(pool.keys, "a"))

    _, changed = pool.watch(pool.next_exchange(acks=[crash(epoch)]))

    assert changed["tasks"]["a"]["state"] == State.CANCELLED
    assert "crashes" not in changed["tasks"]["a"]
