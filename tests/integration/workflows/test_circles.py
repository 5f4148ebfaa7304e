"""Tasks that would wait for each other are refused, although each of them is submitted alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from skedulr import (
    FlowState,
    InvalidOption,
    InvalidWorkflow,
    Signature,
    SomeRefused,
    State,
    UnknownTask,
)
from skedulr.commands import Steps
from skedulr.dependencies import circles, second_look, ties
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


def along(error: Exception) -> set[str]:
    """The names along the circle that a refusal tells."""
    return {*str(error).rpartition(": ")[2].split(" -> ")}


async def together(shop: Shop, calls: list[Signature[Any]]) -> None:
    """Submit them from this thread."""
    shop.app.enqueue_many(calls)


async def together_async(shop: Shop, calls: list[Signature[Any]]) -> None:
    """Submit them from this event loop."""
    await shop.app.aenqueue_many(calls)


@pytest.mark.parametrize("submit", [together, together_async])
async def test_of_calls_that_are_submitted_together_the_one_that_closes_a_circle_is_refused(
    submit: Callable[..., Any], shop: Shop
) -> None:
    calls = [
        shop.give.using(id="a", on_success="b").s(1),
        shop.give.using(id="b", on_success="other/c").s(2),
        shop.give.using(id="c", pool="other", on_success="default/a").s(3),
        shop.give.using(id="d", on_success="a").s(4),
    ]

    with pytest.raises(SomeRefused) as refused:
        await submit(shop, calls)

    assert [*refused.value.errors] == [2]
    assert along(refused.value.errors[2]) == {"default/a", "default/b", "other/c"}
    assert [task.name for task in refused.value.tasks.values()] == [
        *("default/a", "default/b", "default/d")
    ]
    with pytest.raises(UnknownTask):
        await shop.app.atask("c")


async def test_tasks_that_close_a_circle_in_the_same_moment_are_taken_back(cluster: Shop) -> None:
    give = cluster.give
    apart = await give.using(id="apart", on_success="a").aenqueue(0)

    errors = await asyncio.gather(
        give.using(id="a", on_success="b").aenqueue(1),
        give.using(id="b", on_success="a").aenqueue(2),
        return_exceptions=True,
    )

    for error in errors:
        assert isinstance(error, InvalidOption)
        assert along(error) == {"default/a", "default/b"}
    assert await cluster.state(await cluster.app.atask("a")) is State.CANCELLED
    assert await cluster.state(await cluster.app.atask("b")) is State.CANCELLED
    assert await cluster.state(apart) is State.CANCELLED


@pytest.mark.parametrize("many", [False, True])
def test_what_another_stores_after_the_last_look_closes_no_circle(
    many: bool, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "find_all" if many else "find"
    look = getattr(ties, name)

    def late(*args: Any) -> Steps[Any]:
        found = yield from look(*args)
        monkeypatch.undo()
        shop.give.using(id="b", pool="other", on_failure="default/a").enqueue(2)
        return found

    monkeypatch.setattr(ties, name, late)
    calls = [shop.give.using(id="a", on_success="other/b").s(1), shop.give.s(2)]

    with pytest.raises(SomeRefused if many else InvalidOption, match="wait for each other") as no:
        shop.app.enqueue_many(calls) if many else shop.app.submit(calls[0])

    assert along(no.value) == {"default/a", "other/b"}
    assert shop.app.task("default/a").status() is State.CANCELLED
    if isinstance(no.value, SomeRefused):
        assert [no.value.tasks[1].status(), *no.value.errors] == [State.QUEUED, 0]


async def test_nodes_that_close_a_circle_in_the_moment_of_their_submission_are_withdrawn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = await shop.give.using(id="outside", on_success="late").aenqueue(1)
    flow = shop.app.workflow("round")
    flow.add(shop.give.using(id="last").s(3), on_success=outside)
    planned = flow._tied

    def late_planned() -> Steps[dict[str, Signature[Any]]]:
        tied = yield from planned()
        shop.give.using(id="late", on_success="last").enqueue(2)
        return tied

    monkeypatch.setattr(flow, "_tied", late_planned)
    with pytest.raises(InvalidWorkflow, match=r"goes round in a circle: ") as refused:
        await flow.asubmit()

    assert along(refused.value) == {"default/outside", "default/late", "default/last"}
    assert await flow.astatus() is FlowState.CANCELLED


async def test_a_circle_beyond_what_is_looked_at_waits_until_one_of_it_is_cancelled(
    cluster: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circles, "MOST", 3)
    circle = [
        await cluster.give.using(id=f"t{step}", on_success=f"t{(step + 1) % 6}").aenqueue(step)
        for step in range(6)
    ]
    assert {await task.astatus() for task in circle} == {State.WAITING}

    await circle[2].acancel()

    for task in circle:
        assert await cluster.state(task) is State.CANCELLED


@pytest.mark.parametrize("submit", [together, together_async])
async def test_a_circle_among_calls_that_are_submitted_together_is_found_whatever_its_size(
    submit: Callable[..., Any], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circles, "MOST", 3)
    calls = [shop.give.using(id=f"t{n}", on_success=f"t{(n + 1) % 500}").s(n) for n in range(500)]

    with pytest.raises(SomeRefused) as refused:
        await submit(shop, calls)

    assert [*refused.value.errors] == [499]


async def test_a_circle_that_nobody_could_withdraw_is_explained(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_look, "withdraw", died)
    calls = [shop.give.using(id=own, on_success=other).s(0) for own, other in ("ab", "ba")]
    a, _ = await asyncio.gather(*(shop.app.asubmit(call) for call in calls))
    behind = await shop.give.using(on_success=a).aenqueue(0)

    for task in (a, behind):
        first = (await task.aexplain()).reasons[0]
        assert first.code == "circle"
        assert along(Exception(first.message)) == {"default/a", "default/b"}
        assert first.hint in ("skedulr cancel default/a", "skedulr cancel default/b")


def died(*_: object) -> Steps[dict[str, list[str]]]:
    """What a producer does that has died."""
    yield from ()
    return {}
