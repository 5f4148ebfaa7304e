"""`exchange`: an acknowledgement counts for the claim that it names, and once."""

import pytest

from skedulr import commands
from skedulr.commands import Ack
from skedulr.states import State
from tests.scripts.snapshot import GONE
from tests.scripts.support import MINUTE, Pool, wake


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.SCHEDULED])
def test_an_acknowledgement_that_comes_again_is_done_and_changes_nothing(
    pool: Pool, state: State
) -> None:
    epoch = pool.start("a")
    ack = Ack("a", epoch, state, result=b"r", problem=b"p", delay_ms=MINUTE)
    pool.ask(pool.next_exchange(acks=[ack]))

    reply, changed = pool.watch(pool.next_exchange(acks=[ack, ack]))

    assert reply.lost == []
    assert changed == {"inst": {"w1": {"number": 3}}}


def test_an_acknowledgement_of_another_epoch_is_lost_and_changes_nothing(pool: Pool) -> None:
    epoch = pool.start("a")

    reply, changed = pool.watch(
        pool.next_exchange(acks=[Ack("a", epoch - 1, result=b"r"), Ack("a", epoch + 1)])
    )

    assert reply.lost == ["a", "a"]
    assert set(changed) == {"inst", "seen", "lease"}


def test_an_acknowledgement_of_a_task_that_is_not_there_or_not_readable_is_lost(
    pool: Pool,
) -> None:
    pool.join("w1")
    pool.submit("unreadable", "newer")
    claims = pool.claim(2)
    pool.make_unreadable("unreadable")
    pool.make_newer("newer")
    acks = [Ack("missing", 1), *[Ack(claim.id, claim.epoch) for claim in claims]]

    reply, changed = pool.watch(pool.next_exchange(acks=acks))

    assert reply.lost == ["missing", "unreadable", "newer"]
    assert changed == {"inst": {"w1": {"number": 2, "gave": []}}}


def test_after_a_release_the_acknowledgement_counts_as_done_but_changes_nothing(
    pool: Pool,
) -> None:
    epoch = pool.start("a")
    pool.ask(commands.release(pool.keys, "w1", [("a", epoch)]))

    reply, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch, result=b"r")]))

    assert reply.lost == []
    assert set(changed) == {"inst", "seen"}


def recovered(pool: Pool) -> int:
    """Bring `a` to where its lease was over and nobody has claimed it since; answers its epoch."""
    epoch = pool.start("a")
    pool.lose_lease()
    assert pool.field("a", "state") == State.QUEUED
    return epoch


def test_after_a_recovery_the_acknowledgement_still_counts(pool: Pool) -> None:
    epoch = recovered(pool)

    reply, changed = pool.watch(pool.next_exchange(free=1, acks=[Ack("a", epoch, result=b"r")]))

    assert (reply.lost, reply.claims) == ([], [])
    assert changed["ready"] == {"a": GONE}
    assert changed["tasks"]["a"]["state"] == State.SUCCEEDED
    assert changed["tasks"]["a"]["ended"] == epoch
    assert changed["results"] == {"a": b"r"}
    assert changed[wake()] == {"go": GONE}
    assert "running" not in changed


def test_after_a_recovery_and_a_new_claim_it_is_lost(pool: Pool) -> None:
    epoch = recovered(pool)
    pool.join("w2")
    pool.claim_one(instance="w2")

    reply, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch, result=b"r")]))

    assert reply.lost == ["a"]
    assert set(changed) == {"inst", "seen"}


def test_a_terminal_record_is_never_rewritten(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.ask(pool.next_exchange(acks=[Ack("a", epoch, State.FAILED)]))

    reply, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch), Ack("a", epoch + 1)]))

    assert reply.lost == ["a"]
    assert set(changed) == {"inst"}
