"""`seal` says that a part of a workflow has been submitted."""

from skedulr import commands
from tests.scripts.snapshot import GONE
from tests.scripts.support import Pool
from tests.scripts.workflows import nodes, opened


def test_seal_ends_the_submission_of_that_addition_alone(pool: Pool) -> None:
    opened(pool)
    pool.ask(commands.begin(pool.keys, "f", b"u", nodes("pool/c", token=b"u")))

    sealed, changed = pool.watch(commands.seal(pool.keys, "f", b"t"))

    assert (sealed, changed) == (True, {"opening": {"f/t": GONE}})
    assert pool.ask(commands.seal(pool.keys, "f", b"t")) is False
    assert pool.ask(commands.renew(pool.keys, "f", b"t")) is False
    opened(pool)
    assert "f/t" not in pool.snapshot()["opening"], "all of it was there before"
