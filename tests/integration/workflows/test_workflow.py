"""Workflows: put together, checked, submitted as a whole, and what their record says."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from skedulr import (
    AmbiguousTask,
    DuplicateId,
    DuplicateWorkflow,
    FlowState,
    InvalidName,
    InvalidWorkflow,
    NotSerialisable,
    QueueFull,
    State,
    TaskFailed,
    UnknownTask,
    UnknownWorkflow,
    Workflow,
)
from tests.integration.workflows.conftest import Shop
from tests.support.waiting import await_until


async def ended(flow: Workflow) -> FlowState:
    """The state of a workflow once all of its nodes have ended."""

    async def is_over() -> bool:
        return await flow.astatus() is not FlowState.RUNNING

    await await_until(is_over, what=f"the end of {flow}")
    return await flow.astatus()


async def counts(flow: Workflow) -> dict[str, int]:
    """How many nodes of a workflow stand how, without zeros."""
    return {name: count for name, count in (await flow.asummary()).counts.items() if count}


async def test_results_of_parents_are_arguments(cluster: Shop) -> None:
    async with cluster.app.workflow("sum") as flow:
        parts = [flow.add(cluster.give.s(number)) for number in range(5)]
        sum_ = flow.add(cluster.add.s(flow.gather(parts)))
        last = flow.add(cluster.give.s(flow.result(sum_)))

    assert await last.task.aresult(timeout=10) == 10
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 7}


async def test_results_keep_the_order_of_the_list_and_a_task_may_stand_in_it_twice(
    cluster: Shop,
) -> None:
    async with cluster.app.workflow("order") as flow:
        slow = flow.add(cluster.give.using(delay=0.3).s("slow"))
        fast = flow.add(cluster.give.s(None))
        last = flow.add(cluster.give.s(flow.gather([slow, fast, slow])))

    assert await last.task.aresult(timeout=10) == ["slow", None, "slow"]


async def test_a_result_is_awaited_of_a_task_outside_of_the_workflow(cluster: Shop) -> None:
    outside = await cluster.give.using(pool="other").aenqueue(7)
    async with cluster.app.workflow("inside") as flow:
        node = flow.add(cluster.give.s(flow.result(outside)))

    assert await node.task.aresult(timeout=10) == 7


async def test_a_parent_that_may_fail_gives_none(cluster: Shop) -> None:
    async with cluster.app.workflow("either") as flow:
        bad = flow.add(cluster.fail.s())
        node = flow.add(cluster.give.s(flow.result(bad)), on_success=bad, on_failure=bad)

    assert await node.task.aresult(timeout=10) is None


async def test_the_record_tells_how_all_nodes_stand(cluster: Shop) -> None:
    async with cluster.app.workflow("nightly") as flow:
        good = flow.add(cluster.give.s(1))
        bad = flow.add(cluster.fail.s(), on_success=good)
        flow.add(cluster.give.using(id="never").s(2), on_success=bad)
        flow.add(cluster.give.using(id="handler").s(3), on_failure=bad)

    assert await ended(flow) is FlowState.FAILED
    assert await counts(flow) == {"succeeded": 2, "failed": 1, "skipped": 1}
    info = await flow.ainfo()
    states = {node.name: (node.job, node.state, node.skipped) for node in info.nodes}
    assert states == {
        good.name: ("give", State.SUCCEEDED, False),
        bad.name: ("fail", State.FAILED, False),
        "default/never": ("give", State.CANCELLED, True),
        "default/handler": ("give", State.SUCCEEDED, False),
    }
    assert {(e.parent, e.child, e.on.label) for e in info.edges} == {
        (good.name, bad.name, "success"),
        (bad.name, "default/never", "success"),
        (bad.name, "default/handler", "failure"),
    }
    assert info.row.title == "nightly"
    assert info.row.finished_ms >= info.row.created_ms > 0


async def test_a_thousand_wide_fan_in_joins_once(cluster: Shop) -> None:
    async with cluster.app.workflow("wide") as flow:
        root = flow.add(cluster.give.using(pool="other").s("root"))
        parts = [flow.add(cluster.give.s(number), on_success=root) for number in range(1000)]
        join = flow.add(cluster.add.s(flow.gather(parts)))
        flow.add(cluster.give.using(pool="third").s("joined"), on_success=join)

    assert await join.task.aresult(timeout=60) == sum(range(1000))
    assert await ended(flow) is FlowState.SUCCEEDED
    assert cluster.ran.count("joined") == 1
    assert await counts(flow) == {"succeeded": 1003}


async def test_nodes_are_added_while_it_runs_and_after_it_ended(cluster: Shop) -> None:
    async with cluster.app.workflow("growing", id="growing") as flow:
        first = flow.add(cluster.give.using(id="first").s(1))
    assert await ended(flow) is FlowState.SUCCEEDED

    same = await cluster.app.workflows.aget("growing")
    async with same:
        second = same.add(cluster.give.s(same.result(first)), on_success="first")
    assert await second.task.aresult(timeout=10) == 1
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 2}
    assert [row.name for row in await cluster.app.workflows.anewest()] == ["default/growing"]


async def test_an_id_is_free_again_once_all_nodes_have_ended(cluster: Shop) -> None:
    for _ in range(2):
        async with cluster.app.workflow("nightly", id="nightly") as flow:
            flow.add(cluster.give.using(id="only").s(1))
        assert await ended(flow) is FlowState.SUCCEEDED
        assert await counts(flow) == {"succeeded": 1}


# --- refused -------------------------------------------------------------------------------------


async def test_an_exception_in_the_block_submits_nothing(shop: Shop) -> None:
    async def give_up() -> None:
        async with shop.app.workflow("never", id="never") as flow:
            flow.add(shop.give.s(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await give_up()

    with pytest.raises(UnknownWorkflow, match="never"):
        await shop.app.workflows.aget("never")


async def test_an_empty_workflow_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidWorkflow, match="'hollow': it has no nodes"):
        shop.app.workflow("hollow").submit()


@pytest.mark.parametrize("title", ["", "x" * 201, "two\nlines", "\ud800", None])
async def test_a_title_that_nobody_could_read_is_refused(title: Any, shop: Shop) -> None:
    with pytest.raises(InvalidName, match="workflow title"):
        shop.app.workflow(title)


async def test_a_circle_is_refused_by_the_names_along_it(shop: Shop) -> None:
    flow = shop.app.workflow("round")
    for node, parent in (("a", "c"), ("b", "a"), ("c", "b"), ("d", "a")):
        flow.add(shop.give.using(id=node).s(node), on_success=parent)

    with pytest.raises(InvalidWorkflow, match="circle") as refused:
        await flow.asubmit()

    told = str(refused.value).partition("circle: ")[2].split(" -> ")
    assert {name.partition("/")[2] for name in told} == {"a", "b", "c"}
    assert told[0] == told[-1]


async def test_an_unknown_node_is_refused_by_its_name(shop: Shop) -> None:
    flow = shop.app.workflow("lost")
    flow.add(shop.give.using(id="a").s(1), on_failure="nowhere")

    with pytest.raises(InvalidWorkflow, match="default/a hangs on 'nowhere'"):
        await flow.asubmit()


async def test_a_node_of_another_workflow_that_was_never_submitted_is_refused(shop: Shop) -> None:
    stranger = shop.app.workflow("other").add(shop.give.s(1))
    flow = shop.app.workflow("lost")
    flow.add(shop.give.s(2), on_success=stranger)

    with pytest.raises(InvalidWorkflow, match=stranger.name):
        await flow.asubmit()


async def test_two_nodes_of_one_name_are_refused(shop: Shop) -> None:
    flow = shop.app.workflow("twins")
    flow.add(shop.give.using(id="a").s(1))

    with pytest.raises(InvalidWorkflow, match="default/a"):
        flow.add(shop.give.using(id="a").s(2))


async def test_the_results_of_no_nodes_are_an_empty_list(cluster: Shop) -> None:
    async with cluster.app.workflow("hollow") as flow:
        sum_ = flow.add(cluster.add.s(flow.gather([])), on_success=[])
        doubles = flow.map(cluster.give, flow.gather([]))

    assert await sum_.task.aresult(timeout=20) == 0
    assert await doubles.task.aresult(timeout=20) == []


@pytest.mark.parametrize("wrong", [5, "default/a", None])
def test_the_result_of_what_is_no_node_is_refused(shop: Shop, wrong: Any) -> None:
    flow = shop.app.workflow("odd")

    with pytest.raises(InvalidWorkflow, match="take the results of nodes or tasks, not of"):
        flow.result(wrong)
    with pytest.raises(InvalidWorkflow, match="take the results of nodes or tasks, not of"):
        flow.gather([wrong])


def test_what_is_no_list_is_not_gathered(shop: Shop) -> None:
    flow = shop.app.workflow("odd")
    one: Any = flow.add(shop.give.s(1))

    with pytest.raises(InvalidWorkflow, match="gather a list of nodes, not Node"):
        flow.gather(one)


async def test_a_result_within_an_argument_is_refused(shop: Shop) -> None:
    flow = shop.app.workflow("deep")
    first = flow.add(shop.give.s(1))
    flow.add(shop.give.s({"inside": flow.result(first)}))

    with pytest.raises(NotSerialisable, match=r"\['inside'\] is the result of another task, .*job"):
        await flow.asubmit()


async def test_an_id_that_workflows_of_several_pools_have_is_ambiguous(shop: Shop) -> None:
    for job in (shop.give, shop.give.using(pool="other")):
        async with shop.app.workflow("twin", id="twin") as flow:
            flow.add(job.s(1))

    with pytest.raises(AmbiguousTask, match=r"several pools have a workflow 'twin'.*other/twin"):
        await shop.app.workflows.aget("twin")


async def test_an_open_workflow_keeps_its_id(shop: Shop) -> None:
    async with shop.app.workflow("first", id="nightly") as flow:
        flow.add(shop.give.s(1))

    with pytest.raises(DuplicateWorkflow, match="default/nightly"):
        async with shop.app.workflow("second", id="nightly") as flow:
            flow.add(shop.give.s(2))


async def test_what_is_refused_in_part_does_not_run_in_part(cluster: Shop) -> None:
    await cluster.give.using(id="taken", pool="other", delay=600).aenqueue(1)
    flow = cluster.app.workflow("partly")
    root = flow.add(cluster.give.using(id="taken", pool="other").s("root"))
    child = flow.add(cluster.give.s("child"), on_success=root)

    with pytest.raises(DuplicateId, match="other/taken"):
        await flow.asubmit()

    with pytest.raises(UnknownTask):
        await child.task.astatus()
    assert cluster.ran == []


async def test_a_full_pool_refuses_the_whole(cluster: Shop) -> None:
    await cluster.app.pools.aset_capacity("third", 1)
    flow = cluster.app.workflow("large")
    nodes = [flow.add(cluster.give.using(pool="third", delay=600).s(n)) for n in range(3)]

    with pytest.raises(QueueFull, match="third"):
        await flow.asubmit()

    for node in nodes:
        with contextlib.suppress(UnknownTask):
            assert await node.task.astatus() is State.CANCELLED
    assert await flow.astatus() is FlowState.CANCELLED


async def test_a_child_run_without_its_input_says_which_one_is_missing(cluster: Shop) -> None:
    async with cluster.app.workflow("cut") as flow:
        bad = flow.add(cluster.fail.s())
        node = flow.add(cluster.give.s(flow.result(bad)))
    assert await cluster.state(node.task) is State.CANCELLED

    await node.task.aresubmit()

    with pytest.raises(TaskFailed, match=f"the result of {bad.name} was to be an argument"):
        await node.task.aresult(timeout=10)
