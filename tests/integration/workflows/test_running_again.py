"""Workflows and their nodes cancelled, retried and run again."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import FlowState, Skedulr, State, UnknownNode, WrongState
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.test_workflow import counts, ended
from tests.support.waiting import await_until


@pytest.fixture
def broken(app: Skedulr) -> dict[str, bool]:
    """Make the job `maybe` fail, as long as this says so."""
    state = {"maybe": True}

    @app.job(pool="other")
    async def maybe(value: Any) -> Any:
        if state["maybe"]:
            raise ValueError("not yet")
        return value

    return state


async def test_a_cancelled_node_takes_its_descendants_with_it_and_no_sibling(
    cluster: Shop,
) -> None:
    await cluster.app.pools.apause("default")
    async with cluster.app.workflow("family") as flow:
        root = flow.add(cluster.give.s("root"))
        left = flow.add(cluster.give.s("left"), on_success=root)
        right = flow.add(cluster.give.s("right"), on_success=root)
        below = flow.add(cluster.give.s("below"), on_success=left)
        flow.add(cluster.give.s("last"), on_success=below, on_failure=below)

    await left.task.acancel()
    await cluster.app.pools.aresume("default")

    assert await ended(flow) is FlowState.CANCELLED
    assert sorted(cluster.ran) == ["last", "right", "root"]
    assert await right.task.astatus() is State.SUCCEEDED
    assert await counts(flow) == {"succeeded": 3, "cancelled": 1, "skipped": 1}


async def test_a_cancelled_workflow_runs_nothing_more(cluster: Shop) -> None:
    async with cluster.app.workflow("whole") as flow:
        root = flow.add(cluster.give.using(delay=600).s("root"))
        middle = flow.add(cluster.give.s("middle"), on_success=root)
        flow.add(cluster.give.s("anyway"), on_success=middle, on_failure=middle)

    assert await flow.acancel() == 3

    assert await ended(flow) is FlowState.CANCELLED
    assert await counts(flow) == {"cancelled": 3}
    assert cluster.ran == []
    assert await flow.acancel() == 0


async def test_a_retry_runs_what_failed_and_all_that_hangs_on_it(
    broken: dict[str, bool], cluster: Shop
) -> None:
    async with cluster.app.workflow("again") as flow:
        first = flow.add(cluster.give.s("first"))
        bad = flow.add(cluster.app.call("maybe", [7]), on_success=first)
        handler = flow.add(cluster.give.s("handler"), on_failure=bad)
        after = flow.add(cluster.give.s(flow.result(bad)))
        flow.add(cluster.give.s("last"), on_success=after)
        flow.add(cluster.give.s("beside"), on_success=first)
    assert await ended(flow) is FlowState.FAILED
    broken["maybe"] = False
    cluster.ran.clear()

    assert await flow.aretry() == 4

    assert await ended(flow) is FlowState.SUCCEEDED
    assert cluster.ran == [7, "last"]
    assert await handler.task.astatus() is State.CANCELLED
    assert await counts(flow) == {"succeeded": 5, "skipped": 1}


async def test_a_retry_passes_over_the_capacity_so_that_all_of_it_comes_back(
    broken: dict[str, bool], cluster: Shop
) -> None:
    async with cluster.app.workflow("again") as flow:
        bad = flow.add(cluster.app.call("maybe", [7]))
        flow.add(cluster.give.s(flow.result(bad)))
    assert await ended(flow) is FlowState.FAILED
    broken["maybe"] = False
    for pool in ("other", "default"):
        await cluster.give.using(pool=pool, delay=600).aenqueue("in the way")
        await cluster.app.pools.aset_capacity(pool, 1)

    assert await flow.aretry() == 2

    assert await ended(flow) is FlowState.SUCCEEDED


async def test_a_retry_that_fails_again_leads_to_the_same(
    broken: dict[str, bool], cluster: Shop
) -> None:
    async with cluster.app.workflow("again") as flow:
        bad = flow.add(cluster.app.call("maybe", [7]))
        flow.add(cluster.give.s("handler"), on_failure=bad)
    assert await ended(flow) is FlowState.FAILED

    await flow.aretry()

    await await_until(lambda: cluster.ran == ["handler", "handler"])
    assert await ended(flow) is FlowState.FAILED
    assert broken["maybe"]


async def test_a_cancelled_workflow_is_retried_from_its_roots(cluster: Shop) -> None:
    async with cluster.app.workflow("whole") as flow:
        root = flow.add(cluster.give.using(delay=600).s("root"))
        flow.add(cluster.give.s("child"), on_success=root)
    await flow.acancel()
    assert await ended(flow) is FlowState.CANCELLED

    assert await flow.aretry() == 2

    assert await ended(flow) is FlowState.SUCCEEDED
    assert cluster.ran == ["root", "child"]


async def test_a_rerun_begins_at_a_node_and_takes_its_new_result_along(cluster: Shop) -> None:
    async with cluster.app.workflow("again") as flow:
        first = flow.add(cluster.give.s("first"))
        node = flow.add(cluster.app.call("give", [0]), on_success=first)
        beside = flow.add(cluster.give.s("beside"), on_success=first)
        last = flow.add(cluster.give.s(flow.gather([node, beside])))
    assert await ended(flow) is FlowState.SUCCEEDED
    cluster.ran.clear()

    assert await flow.arerun(node) == 2

    assert await last.task.aresult(timeout=10) == [0, "beside"]
    assert await ended(flow) is FlowState.SUCCEEDED
    assert cluster.ran == [0, [0, "beside"]]


async def test_there_is_nothing_to_retry_where_all_went_well(cluster: Shop) -> None:
    async with cluster.app.workflow("fine") as flow:
        flow.add(cluster.give.s(1))
    assert await ended(flow) is FlowState.SUCCEEDED

    with pytest.raises(WrongState, match=r"cannot retry workflow default/.*: it is succeeded"):
        await flow.aretry()


async def test_a_node_that_is_not_there_or_has_not_ended_cannot_be_run_again(shop: Shop) -> None:
    async with shop.app.workflow("fine") as flow:
        flow.add(shop.give.using(id="only").s(1))

    with pytest.raises(UnknownNode, match="'onyl'"):
        await flow.arerun("onyl")
    with pytest.raises(WrongState, match="queued"):
        await flow.arerun("only")
