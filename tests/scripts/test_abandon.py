"""`abandon` gives up parents that have not come in time."""

from skedulr import commands
from skedulr.commands import Bond, On
from tests.scripts.snapshot import GONE
from tests.scripts.support import DAY, NOW, Pool


def test_only_what_is_overdue_is_given_up(pool: Pool) -> None:
    link = [Bond("p", "other/c", b"t", On.END, 0)]
    pool.ask(commands.link(pool.keys, link))
    assert pool.watch(commands.abandon(pool.keys, ["p", "unknown"])) == (0, {})
    pool.pass_time(7 * DAY)

    count, changed = pool.watch(commands.abandon(pool.keys, ["p"]))

    assert count == 1
    assert changed == {"orphans": {"p": GONE}, "children:p": {"other/c": GONE}}


def test_a_parent_that_came_keeps_its_children(pool: Pool) -> None:
    pool.ask(commands.link(pool.keys, [Bond("p", "other/c", b"t", On.END, 0)]))
    pool.submit("p", token=b"custom")
    pool.redis.zadd(pool.keys.orphans, {"p": NOW})

    _, changed = pool.watch(commands.abandon(pool.keys, ["p"]))

    assert changed == {"orphans": {"p": GONE}}
