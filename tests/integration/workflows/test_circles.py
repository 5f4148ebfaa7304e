"""Tasks that would wait for each other are refused, although each of them is submitted alone."""

from __future__ import annotations

import pytest

from skedulr import InvalidOption, InvalidWorkflow, State, UnknownTask
from tests.integration.workflows.conftest import Shop


async def test_a_task_that_closes_a_circle_is_refused_by_the_names_along_it(shop: Shop) -> None:
    give = shop.give
    await give.using(id="a", on_success="c").aenqueue(1)
    await give.using(id="b", pool="other", on_success="default/a").aenqueue(2)

    with pytest.raises(InvalidOption, match="they would wait for each other: ") as refused:
        await give.using(id="c", on_failure="other/b").aenqueue(3)

    told = str(refused.value).partition("other: ")[2].split(" -> ")
    assert {*told} == {"default/a", "other/b", "default/c"}
    assert told[0] == told[-1]
    with pytest.raises(UnknownTask):
        await shop.app.atask("c")


async def test_nodes_that_close_a_circle_through_a_task_outside_are_refused(shop: Shop) -> None:
    outside = await shop.give.using(id="outside", on_success="last").aenqueue(1)
    flow = shop.app.workflow("round")
    first = flow.add(shop.give.s(2), on_success=outside)
    flow.add(shop.give.using(id="last").s(3), on_success=first)

    with pytest.raises(InvalidWorkflow, match=r"goes round in a circle: .*default/outside"):
        await flow.asubmit()


async def test_who_waits_no_more_is_in_no_circle(cluster: Shop) -> None:
    former = await cluster.give.using(id="a", on_success="b").aenqueue(1)
    await former.acancel()

    task = await cluster.give.using(id="b", on_success=former, on_failure=former).aenqueue(2)

    assert await cluster.state(task) is State.SUCCEEDED


async def test_a_long_way_up_is_looked_at(shop: Shop) -> None:
    for step in range(30):
        await shop.give.using(id=f"t{step}", on_success=f"t{step + 1}").aenqueue(step)

    with pytest.raises(InvalidOption, match="default/t30"):
        await shop.give.using(id="t30", on_success="t0").aenqueue(30)
