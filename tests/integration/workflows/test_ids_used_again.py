"""The id of a node is used again once it has ended: neither task counts for the other."""

from __future__ import annotations

from skedulr import FlowState, State
from skedulr.lineage import lineage
from skedulr.triggers import carry_out, events_of
from tests.integration.workflows.conftest import POOLS, Coordinated, Shop
from tests.integration.workflows.test_workflow import counts, ended


async def test_a_workflow_hears_of_a_node_whose_id_was_used_again_before_anybody_told(
    shop: Shop, coordinated: Coordinated
) -> None:
    async with shop.app.worker(pools=POOLS):
        async with shop.app.workflow("flow") as flow:
            node = flow.add(shop.give.using(id="first").s(1))
        assert await node.task.aresult(timeout=20) == 1

        another = await shop.give.using(id="first", delay=600).aenqueue(2)
        async with coordinated(2):
            assert await ended(flow) is FlowState.SUCCEEDED

        assert await counts(flow) == {"succeeded": 1}
        found = await shop.app.aclient.perform(lineage(shop.app.keys("default"), "first"))
        assert (found.workflow, found.children_count) == ("", 0)
        (info,) = (await flow.ainfo()).nodes
        assert info.state is State.SUCCEEDED, "the other one is no node"
        assert await flow.acancel() == 0
        assert await another.astatus() is State.SCHEDULED


async def test_a_slow_coordinator_tells_no_later_workflow_of_a_former_end(
    shop: Shop, coordinated: Coordinated
) -> None:
    client, keys = shop.app.client, shop.app.keys("default")
    async with shop.app.worker(pools=POOLS):
        async with shop.app.workflow("nightly", id="nightly") as former:
            node = former.add(shop.give.using(id="only").s(1))
        assert await node.task.aresult(timeout=20) == 1
        slow = carry_out(keys, events_of(client.ask(("XRANGE", keys.events, "-", "+"))[0]))
        step = slow.send(None)
        step = slow.send(step.parse(client.ask(*step.calls)))  # type: ignore[union-attr]  # a read
        async with coordinated():
            assert await ended(former) is FlowState.SUCCEEDED

    async with shop.app.workflow("nightly", id="nightly") as later:
        later.add(shop.give.using(id="only", delay=600).s(2))
    client.run(step)  # type: ignore[arg-type]  # `mark`, of what it had read before

    assert await later.astatus() is FlowState.RUNNING
    assert await counts(later) == {"open": 1}
