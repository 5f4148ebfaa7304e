"""The id of a node is used again once it has ended: neither task counts for the other."""

from __future__ import annotations

import pytest

from skedulr import FlowState, State
from skedulr.commands import Steps
from skedulr.dependencies.triggers import carry_out, events_of
from skedulr.flows import additions
from skedulr.views.lineage import lineage
from tests.integration.workflows.conftest import POOLS, Coordinated, Shop
from tests.integration.workflows.meanwhile import meanwhile, tell
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


async def test_a_node_takes_no_result_of_the_task_that_had_its_parents_id_before(
    cluster: Shop,
) -> None:
    for night in range(5):
        async with cluster.app.workflow("nightly", id="nightly") as flow:
            root = flow.add(cluster.give.using(id="root", pool="other").s(night))
            middle = flow.add(cluster.give.using(id="middle").s(flow.result(root)))
            last = flow.add(cluster.give.using(id="last").s(flow.gather([root, middle])))
        assert await last.task.aresult(timeout=20) == [night, night]
        assert await ended(flow) is FlowState.SUCCEEDED


async def test_children_of_a_former_task_are_linked_with_the_new_one_wherever_they_stand(
    shop: Shop, coordinated: Coordinated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Coordinators tell everything between any two steps of the submission."""
    whole = additions.submit
    keys = shop.app.keys("default")

    def told_at_once(addition: additions.Addition) -> Steps[None]:
        return meanwhile(whole(addition), lambda: tell(keys))

    monkeypatch.setattr(additions, "submit", told_at_once)
    async with shop.app.worker(pools=POOLS), coordinated():
        for night in range(2):
            async with shop.app.workflow("nightly", id="nightly") as flow:
                root = flow.add(shop.give.using(id="root").s(night))
                last = flow.add(shop.give.using(id="last").s(flow.result(root)))
            assert await last.task.aresult(timeout=20) == night
            assert await ended(flow) is FlowState.SUCCEEDED


async def test_a_mapping_runs_anew_in_a_later_workflow_of_the_same_ids(cluster: Shop) -> None:
    for _ in range(2):
        cluster.ran.clear()
        async with cluster.app.workflow("nightly", id="nightly") as flow:
            parts = flow.map(cluster.give.using(id="parts"), [1, 2])
        assert await parts.task.aresult(timeout=20) == [1, 2]
        assert await ended(flow) is FlowState.SUCCEEDED
        assert sorted(cluster.ran) == [1, 2]
