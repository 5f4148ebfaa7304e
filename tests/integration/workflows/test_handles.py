"""The handle of a workflow shows and touches its own alone, also where another has its id."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import DuplicateWorkflow, FlowState, Node, State, UnknownWorkflow, Workflow
from skedulr.flows import acting, looking
from skedulr.keys import pool_keys
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.meanwhile import meanwhile
from tests.integration.workflows.test_workflow import ended


async def nightly(shop: Shop, value: Any, **options: Any) -> Workflow:
    """Submit a workflow of one node."""
    async with shop.app.workflow("nightly", id="nightly") as flow:
        flow.add(shop.give.using(**options).s(value))
    return flow


async def test_a_handle_says_that_another_workflow_has_its_id(cluster: Shop) -> None:
    first = await nightly(cluster, 1)
    found = await cluster.app.workflows.aget("nightly")
    assert await ended(first) is FlowState.SUCCEEDED
    second = await nightly(cluster, 2, delay=600)

    for gone in (first, found):
        gone.add(cluster.give.s(3))
        for act in (gone.status, gone.summary, gone.info, gone.cancel, gone.retry, gone.submit):
            with pytest.raises(UnknownWorkflow, match="another workflow has the id of default/ni"):
                act()
        with pytest.raises(UnknownWorkflow, match="another workflow has the id"):
            await gone.arerun("nightly")

    assert await second.astatus() is FlowState.RUNNING
    [node] = (await second.ainfo()).nodes
    assert node.state is State.SCHEDULED


async def test_a_workflow_that_was_refused_does_not_show_the_one_that_is_open(shop: Shop) -> None:
    first = await nightly(shop, 1, delay=600)
    second = shop.app.workflow("nightly", id="nightly")
    second.add(shop.give.s(2))
    with pytest.raises(DuplicateWorkflow):
        await second.asubmit()

    with pytest.raises(UnknownWorkflow, match="another workflow has the id"):
        await second.acancel()

    assert await first.astatus() is FlowState.RUNNING


@pytest.mark.parametrize("act", [acting.cancel, acting.retry, looking.info])
async def test_one_that_takes_the_id_while_it_is_looked_at_is_left_alone(
    act: Any, shop: Shop
) -> None:
    first = await nightly(shop, 1)
    await first.acancel()
    home = pool_keys(shop.app.config.namespace, "default")
    nodes: list[Node[Any]] = []

    def replace() -> Any:
        if not nodes:
            with shop.app.workflow("nightly", id="nightly") as second:
                nodes.append(second.add(shop.give.using(delay=600).s(2)))
        yield from ()

    with pytest.raises(UnknownWorkflow, match="another workflow has the id"):
        await shop.app.aclient.perform(meanwhile(act(home, "nightly", token=first._own), replace))

    assert await nodes[0].task.astatus() is State.SCHEDULED
