"""A submission that is refused takes back what it has stored itself, and touches nothing else."""

from __future__ import annotations

import asyncio

import pytest

from skedulr import (
    DuplicateId,
    DuplicateWorkflow,
    FlowState,
    InvalidWorkflow,
    State,
    UnknownTask,
    Workflow,
)
from skedulr.commands import Steps
from skedulr.flows import additions
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.meanwhile import meanwhile, tell
from tests.integration.workflows.test_workflow import counts, ended


def nightly(shop: Shop) -> Workflow:
    """A workflow whose id and whose nodes' ids are always the same."""
    flow = shop.app.workflow("nightly", id="nightly")
    root = flow.add(shop.give.using(id="root", delay=600).s("root"))
    flow.add(shop.give.using(id="child", pool="other").s("child"), on_success=root)
    return flow


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_second_workflow_of_the_same_id_leaves_the_first_one_alone(
    is_async: bool, shop: Shop
) -> None:
    first = nightly(shop)
    await first.asubmit()

    with pytest.raises(DuplicateWorkflow, match="default/nightly"):
        await (nightly(shop).asubmit() if is_async else asyncio.to_thread(nightly(shop).submit))

    states = {node.name: node.state for node in (await first.ainfo()).nodes}
    assert states == {"default/root": State.SCHEDULED, "other/child": State.WAITING}
    assert await counts(first) == {"open": 2}


async def test_a_node_that_is_there_already_is_refused_and_goes_on(shop: Shop) -> None:
    first = nightly(shop)
    await first.asubmit()
    same = await shop.app.workflows.aget("nightly")
    same.add(shop.give.using(id="root").s("another"))

    with pytest.raises(InvalidWorkflow, match="it has a node default/root already"):
        await same.asubmit()

    assert await first.astatus() is FlowState.RUNNING
    assert await counts(first) == {"open": 2}


async def test_a_task_of_somebody_else_that_has_the_id_of_a_node_goes_on(cluster: Shop) -> None:
    task = await cluster.give.using(id="taken", delay=600).aenqueue("of somebody else")
    flow = cluster.app.workflow("late", id="late")
    root = flow.add(cluster.give.using(delay=600).s("root"))
    child = flow.add(cluster.give.using(pool="other").s("child"), on_success=root)
    flow.add(cluster.give.using(id="taken").s("mine"), on_success=root)

    with pytest.raises(DuplicateId, match="default/taken"):
        await flow.asubmit()

    assert await task.astatus() is State.SCHEDULED
    assert await child.task.astatus() is State.CANCELLED
    assert await ended(flow) is FlowState.CANCELLED
    assert await counts(flow) == {"cancelled": 3}


async def test_where_a_parents_id_is_taken_nothing_is_stored(shop: Shop) -> None:
    await shop.give.using(id="taken", delay=600).aenqueue("of somebody else")
    flow = shop.app.workflow("late", id="late")
    taken = flow.add(shop.give.using(id="taken").s("mine"))
    child = flow.add(shop.give.s("child"), on_success=taken)

    with pytest.raises(DuplicateId, match="default/taken"):
        await flow.asubmit()

    with pytest.raises(UnknownTask):
        await child.task.astatus()
    assert await counts(flow) == {"cancelled": 2}


async def test_a_node_that_was_skipped_before_the_refusal_counts_as_skipped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.give.using(id="taken", pool="other", delay=600).aenqueue("of somebody else")
    over = await shop.give.using(id="over").aenqueue("cancelled")
    await over.acancel()
    flow = shop.app.workflow("late", id="late")
    child = flow.add(shop.give.s("child"), on_success=over)
    flow.add(shop.give.using(id="taken", pool="other").s("mine"))
    whole = additions.submit

    def told_meanwhile(addition: additions.Addition) -> Steps[None]:
        keys = shop.app.keys("default")
        return meanwhile(whole(addition), lambda: tell(keys), after="enqueue")

    monkeypatch.setattr(additions, "submit", told_meanwhile)
    with pytest.raises(DuplicateId):
        await flow.asubmit()

    assert (await child.task.ainfo()).reason == "upstream"
    assert await counts(flow) == {"skipped": 1, "cancelled": 1}
