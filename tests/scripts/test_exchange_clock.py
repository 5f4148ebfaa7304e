"""`exchange`: what a clock that falls does to the sums of the pool."""

from skedulr.commands import Ack
from tests.scripts.support import SECOND, Pool


def test_a_clock_that_falls_takes_nothing_off_the_time_that_tasks_have_run(pool: Pool) -> None:
    epoch = pool.start("a")
    pool.pass_time(-2 * SECOND)

    _, changed = pool.watch(pool.next_exchange(acks=[Ack("a", epoch)]))

    assert changed["counted"] == {"succeeded": 1}
