"""`renew` says that the submission of a part of a workflow goes on."""

from skedulr import commands
from tests.scripts.support import SECOND, Pool
from tests.scripts.workflows import opened


def test_a_producer_that_is_heard_of_has_its_time_again(pool: Pool) -> None:
    opened(pool)
    now = pool.pass_time(20 * SECOND)

    renewed, changed = pool.watch(commands.renew(pool.keys, "f", b"t"))

    assert (renewed, changed) == (True, {"opening": {"f/t": now + 30 * SECOND}})
    now = pool.pass_time(20 * SECOND)
    opened(pool)
    assert pool.snapshot()["opening"] == {"f/t": now + 30 * SECOND}
    assert pool.watch(commands.renew(pool.keys, "f", b"another")) == (False, {})
