"""A job mapped over a list that a parent returns."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import (
    ConfigurationError,
    FlowState,
    InvalidArguments,
    InvalidOption,
    Skedulr,
    State,
    TaskCancelled,
    TaskFailed,
    Workflow,
    retry,
)
from skedulr.commands import Steps
from skedulr.flows.mapping import MOST_ITEMS
from skedulr_worker import mapping
from tests.integration.workflows.conftest import POOLS, Coordinated, Shop
from tests.integration.workflows.test_workflow import counts, ended
from tests.support.waiting import await_until


class Listed:
    """What the job `listing` returns, and which values the job `check` does not like."""

    def __init__(self) -> None:
        self.found: Any = [1, 2, 3]
        self.bad: set[Any] = set()


@pytest.fixture
def listed(app: Skedulr) -> Listed:
    listed = Listed()

    @app.job(pool="other")
    async def listing() -> Any:
        return listed.found

    @app.job
    async def check(value: Any, *, times: int = 1) -> Any:
        if value in listed.bad:
            raise ValueError(f"{value} is bad")
        return value * times

    return listed


async def test_a_task_runs_for_each_item_and_their_results_come_in_order(
    listed: Listed, cluster: Shop
) -> None:
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        parts = flow.map(cluster.give, flow.result(listing))
        total = flow.add(cluster.add.s(flow.result(parts)))

    assert await total.task.aresult(timeout=20) == 6
    assert await parts.task.aresult(timeout=1) == [1, 2, 3]
    assert sorted(cluster.ran) == [1, 2, 3]
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 7}


async def test_the_other_arguments_and_options_are_those_of_every_task(
    listed: Listed, cluster: Shop
) -> None:
    check = cluster.app.jobs["check"].using(id="parts", group="tenant", meta={"by": "me"})
    async with cluster.app.workflow("map") as flow:
        times = flow.add(cluster.give.s(10))
        parts = flow.map(check, [1, 2], times=flow.result(times))

    assert await parts.task.aresult(timeout=20) == [10, 20]
    mapped = [node.name for node in (await flow.ainfo()).nodes if node.job == "check"]
    assert [name.rpartition("-")[0] for name in mapped] == ["default/parts.0", "default/parts.1"]
    info = await (await cluster.app.atask(mapped[0])).ainfo()
    assert (info.group, info.meta) == ("tenant", {"by": "me"})


async def test_an_empty_list_leads_to_an_empty_list(listed: Listed, cluster: Shop) -> None:
    listed.found = []
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        parts = flow.map(cluster.give, flow.result(listing))

    assert await parts.task.aresult(timeout=20) == []
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 3}


async def test_what_was_mapped_can_be_mapped_over(listed: Listed, cluster: Shop) -> None:
    check = cluster.app.jobs["check"]
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        doubled = flow.map(check, flow.result(listing), times=2)
        parts = flow.map(check, flow.result(doubled), times=5)
        pair = flow.add(cluster.give.s(flow.gather([doubled, parts])))

    assert await pair.task.aresult(timeout=20) == [[2, 4, 6], [10, 20, 30]]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "a list was to be mapped over, and the result is None"),
        ("text", "a list was to be mapped over, and the result is 'text'"),
        (list(range(MOST_ITEMS + 1)), "the list has 10,001 items, and a mapping takes 10,000"),
    ],
)
async def test_what_is_no_list_or_too_long_a_one_fails_and_says_so(
    found: Any, message: str, listed: Listed, cluster: Shop
) -> None:
    listed.found = found
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        parts = flow.map(cluster.give.using(id="parts"), flow.result(listing))

    with pytest.raises(TaskCancelled, match="upstream"):
        await parts.task.aresult(timeout=20)
    with pytest.raises(TaskFailed, match=message):
        await (await cluster.app.atask("default/parts.map")).aresult(timeout=1)
    assert await ended(flow) is FlowState.FAILED
    assert cluster.ran == []


async def test_a_task_that_fails_fails_the_whole_once_all_have_ended_and_a_retry_mends_it(
    listed: Listed, cluster: Shop
) -> None:
    listed.bad = {2}
    check = cluster.app.jobs["check"].using(id="parts")
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        parts = flow.map(check, flow.result(listing))
        total = flow.add(cluster.add.s(flow.result(parts)))
        flow.add(cluster.give.s("told"), on_failure=parts)

    with pytest.raises(TaskFailed, match=r"1 of 3 tasks did not succeed, first default/parts\.1-"):
        await parts.task.aresult(timeout=20)
    assert await ended(flow) is FlowState.FAILED
    assert cluster.ran == ["told"]
    assert await counts(flow) == {"succeeded": 5, "failed": 2, "skipped": 1}

    listed.bad = set()
    assert await flow.aretry() == 4

    assert await total.task.aresult(timeout=20) == 6
    assert await ended(flow) is FlowState.SUCCEEDED


async def test_a_rerun_of_the_list_maps_over_what_it_is_then(listed: Listed, cluster: Shop) -> None:
    async with cluster.app.workflow("map") as flow:
        listing = flow.add(cluster.app.call("listing"))
        parts = flow.map(cluster.give, flow.result(listing))
        total = flow.add(cluster.add.s(flow.result(parts)))
    assert await total.task.aresult(timeout=20) == 6
    await ended(flow)
    for found, skipped in (([1, 7], 2), ([1, 2, 3, 4], 1)):
        listed.found = found
        cluster.ran.clear()

        await flow.arerun(listing)

        assert await ended(flow) is FlowState.SUCCEEDED
        assert await total.task.aresult(timeout=20) == sum(found)
        assert sorted(cluster.ran) == found
        assert (await counts(flow))["skipped"] == skipped


async def test_a_mapped_task_that_is_run_again_is_gathered_again(
    listed: Listed, cluster: Shop
) -> None:
    async with cluster.app.workflow("map") as flow:
        parts = flow.map(cluster.give.using(id="parts"), [1, 2])
        flow.add(cluster.add.s(flow.result(parts)))
    assert await ended(flow) is FlowState.SUCCEEDED
    cluster.ran.clear()
    first = next(node.name for node in (await flow.ainfo()).nodes if ".0-" in node.name)

    assert await flow.arerun(first) == 3

    assert await ended(flow) is FlowState.SUCCEEDED
    assert cluster.ran == [1]


async def test_a_cancelled_workflow_takes_its_mapped_tasks_along(
    listed: Listed, cluster: Shop
) -> None:
    async with cluster.app.workflow("map") as flow:
        parts = flow.map(cluster.give.using(id="parts", delay=600), [1, 2])
    await await_until(lambda: _stands(flow, {"open": 3, "succeeded": 1}), what="the mapping's end")

    assert await flow.acancel() == 3

    assert await ended(flow) is FlowState.CANCELLED
    assert await parts.task.astatus() is State.CANCELLED
    assert await counts(flow) == {"succeeded": 1, "cancelled": 3}


async def _stands(flow: Workflow, wanted: dict[str, int]) -> bool:
    return await counts(flow) == wanted


async def test_where_nobody_waits_for_its_tasks_any_more_none_of_them_runs(
    listed: Listed, cluster: Shop
) -> None:
    await cluster.app.pools.apause("default")
    async with cluster.app.workflow("map") as flow:
        start = flow.add(cluster.give.s("start"))
        parts = flow.map(cluster.give.using(id="parts", on_success=start), [1, 2])
    await parts.task.acancel()
    await cluster.app.pools.aresume("default")

    with pytest.raises(TaskFailed, match="default/parts does not wait for these tasks any more"):
        await (await cluster.app.atask("default/parts.map")).aresult(timeout=20)

    assert cluster.ran == ["start"]


STEPS = 17
"""Trips to Redis that a mapping of a rerun makes, and then some."""


@pytest.mark.parametrize("steps", range(STEPS))
async def test_a_mapping_that_dies_after_any_of_its_steps_is_finished_by_the_next_attempt(
    steps: int, listed: Listed, shop: Shop, coordinated: Coordinated, dying: Dying
) -> None:
    async with coordinated(2), shop.app.worker(pools=POOLS):
        dying.after = steps
        async with shop.app.workflow("map") as flow:
            listing = flow.add(shop.app.call("listing"))
            parts = flow.map(shop.give, flow.result(listing))
        assert await ended(flow) is FlowState.SUCCEEDED
        assert await parts.task.aresult(timeout=20) == [1, 2, 3]
        assert sorted(shop.ran) == [1, 2, 3]
        shop.ran.clear()

        listed.found = [1, 8]
        dying.after = steps
        await flow.arerun(listing)

        assert await ended(flow) is FlowState.SUCCEEDED
        assert await parts.task.aresult(timeout=20) == [1, 8]
        assert sorted(shop.ran) == [1, 8]
        assert await counts(flow) == {"succeeded": 5, "skipped": 2}


class Dying:
    """After how many steps an attempt at a mapping fails, once."""

    def __init__(self) -> None:
        self.after: int | None = None

    def __call__(self, steps: Steps[None]) -> Steps[None]:
        """The same steps, until it fails."""
        left, self.after = self.after, None
        reply: Any = None
        while True:
            if left == 0:
                raise ConnectionError("killed")
            try:
                step = steps.send(reply)
            except StopIteration:
                return
            reply = yield step
            if left is not None:
                left -= 1


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Dying:
    dying, whole = Dying(), mapping._spread
    monkeypatch.setattr(mapping, "_spread", lambda *args: dying(whole(*args)))
    monkeypatch.setattr(mapping, "RETRY", retry.linear(3, delay=0.05))
    return dying


async def test_a_mapping_that_makes_no_sense_is_refused(listed: Listed, shop: Shop) -> None:
    flow = shop.app.workflow("map")

    with pytest.raises(InvalidArguments, match="map it over a node"):
        flow.map(shop.give, "text")
    with pytest.raises(InvalidOption, match="cannot share one"):
        flow.map(shop.give.using(key="one"), [1])
    with pytest.raises(InvalidArguments):
        flow.map(shop.give, [1], 2)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match=r"skedulr's own"):
        shop.app.job(name="skedulr.map")(lambda: None)
