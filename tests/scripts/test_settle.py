"""`settle` removes events that are carried out, and lets go of the tasks that they held."""

from skedulr import commands
from skedulr.states import State
from tests.scripts.snapshot import GONE, fields
from tests.scripts.support import DAY, MINUTE, Pool


def ended(pool: Pool) -> tuple[list[bytes], int]:
    """Bring a task to its end on which a workflow hangs: the ids of all events, its epoch."""
    pool.join("w1")
    pool.submit("p", flow="pool/f")
    claim = pool.claim_one()
    pool.finish(claim, result=b"r")
    return [entry for entry, _ in pool.redis.xrange(pool.keys.events)], claim.epoch


def test_the_event_goes_and_the_task_is_free(pool: Pool) -> None:
    entries, epoch = ended(pool)

    count, changed = pool.watch(commands.settle(pool.keys, entries, [("p", epoch)]))

    assert count == 1
    assert changed == {"tasks": {"p": fields(linked=1)}}
    assert pool.redis.xlen(pool.keys.events) == 0
    assert pool.watch(commands.settle(pool.keys, entries, [("p", epoch)])) == (0, {})


def test_a_task_is_not_forgotten_before_its_end_is_told(pool: Pool) -> None:
    entries, epoch = ended(pool)
    pool.pass_time(30 * DAY)

    assert pool.ask(commands.trim(pool.keys)) == (False, 0)
    assert pool.field("p", "state") == State.SUCCEEDED
    pool.ask(commands.settle(pool.keys, entries, [("p", epoch)]))
    pool.pass_time(30 * DAY)
    _, changed = pool.watch(commands.trim(pool.keys))

    assert changed["tasks"] == {"p": GONE}
    assert changed["children:p"] == {"@flow": GONE}


def test_what_was_not_told_yet_does_not_keep_others(pool: Pool) -> None:
    ended(pool)
    pool.submit_and_finish("other")
    pool.control(history=0)
    pool.pass_time(2 * MINUTE)

    assert pool.ask(commands.trim(pool.keys))[1] == 1
    assert pool.redis.hkeys(pool.keys.tasks) == [b"p"]


def test_an_event_of_a_former_end_does_not_settle_a_new_one(pool: Pool) -> None:
    entries, epoch = ended(pool)
    pool.ask(commands.resubmit(pool.keys, "p", 0, b"again", any_state=True))
    pool.finish(pool.claim_one())

    pool.ask(commands.settle(pool.keys, entries, [("p", epoch)]))

    assert pool.field("p", "linked") == 2
