"""Parents that are waited for too long are given up."""

from __future__ import annotations

from skedulr import State
from skedulr_coordinator.orphans import Orphans
from tests.integration.workflows.conftest import Shop
from tests.support.waiting import await_until


async def test_a_child_whose_parent_never_comes_is_cancelled_in_the_end(cluster: Shop) -> None:
    keys = cluster.app.keys("other")
    child = await cluster.give.using(on_success="other/never", on_failure="other/never").aenqueue(1)
    await await_until(lambda: cluster.app.client.ask(("ZCARD", keys.orphans))[0])
    await Orphans(cluster.app).run_once(cluster.app.aclient)
    assert await child.astatus() is State.WAITING

    cluster.app.client.ask(("ZADD", keys.orphans, "XX", 1, "never"))

    assert await cluster.state(child) is State.CANCELLED
    assert (await child.ainfo()).reason == "upstream"
    await await_until(lambda: not cluster.app.client.ask(("ZCARD", keys.orphans))[0])
    assert cluster.app.client.ask(("EXISTS", keys.of("children", "never"))) == [0]
