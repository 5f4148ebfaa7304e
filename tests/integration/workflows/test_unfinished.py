"""Nodes whose producer dies while it submits them are given up, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import FlowState, QueueFull, State, SubmissionGivenUp, Workflow, WrongState
from skedulr.commands import Command, Steps
from skedulr.flows import additions, giving_up
from skedulr_coordinator.orphans import Orphans
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.meanwhile import meanwhile
from tests.integration.workflows.test_workflow import counts, ended
from tests.support.waiting import await_until


class DiedError(Exception):
    """What a producer raises that dies."""


class Dying:
    """Lets a producer die, or sleep for too long, before a step of its submission."""

    def __init__(self) -> None:
        self.before: tuple[str, int] | None = None
        """The name of a script and which call of it, from 0."""
        self.seconds_asleep = 0.0

    def __call__(self, steps: Steps[None]) -> Steps[None]:
        """The same steps, until it dies."""
        reply: Any = None
        seen: dict[str, int] = {}
        while True:
            try:
                step = steps.send(reply)
            except StopIteration:
                return
            if isinstance(step, Command):
                if self.before == (step.script, seen.get(step.script, 0)):
                    raise DiedError
                seen[step.script] = seen.get(step.script, 0) + 1
            reply = yield step


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Dying:
    dying, whole = Dying(), additions.submit
    monkeypatch.setattr(additions, "submit", lambda addition: dying(whole(addition)))
    return dying


def chain(shop: Shop, flow: Workflow) -> list[Any]:
    """Add a root in one pool and a child in another: two steps, the child first."""
    root = flow.add(shop.give.using(pool="other").s("root"))
    return [root, flow.add(shop.give.s("child"), on_success=root)]


async def die(shop: Shop, flow: Workflow, dying: Dying, before: tuple[str, int]) -> None:
    """Submit until the producer dies, and let its time pass."""
    dying.before = before
    with pytest.raises(DiedError):
        await flow.asubmit()
    dying.before = None
    home = shop.app.keys("other")
    assert shop.app.client.ask(("ZCARD", home.opening)) == [1]
    pass_time(shop)


def pass_time(shop: Shop) -> None:
    """Let the time of all producers pass."""
    home = shop.app.keys("other")
    for name in shop.app.client.ask(("ZRANGE", home.opening, 0, -1))[0]:
        shop.app.client.ask(("ZADD", home.opening, "XX", 1, name))


async def test_a_workflow_that_was_left_half_submitted_is_cancelled(
    cluster: Shop, dying: Dying
) -> None:
    flow = cluster.app.workflow("half", id="half")
    _, child = chain(cluster, flow)

    await die(cluster, flow, dying, ("enqueue", 1))

    assert await cluster.state(child.task) is State.CANCELLED
    assert await ended(flow) is FlowState.CANCELLED
    assert await counts(flow) == {"cancelled": 2}
    assert cluster.ran == []


async def test_one_that_lacks_its_seal_alone_goes_on(cluster: Shop, dying: Dying) -> None:
    flow = cluster.app.workflow("whole", id="whole")
    chain(cluster, flow)

    await die(cluster, flow, dying, ("seal", 0))

    assert await ended(flow) is FlowState.SUCCEEDED
    home = cluster.app.keys("other")
    await await_until(lambda: cluster.app.client.ask(("ZCARD", home.opening)) == [0])


async def test_what_was_added_in_part_is_cancelled_and_what_was_there_goes_on(
    cluster: Shop, dying: Dying
) -> None:
    flow = cluster.app.workflow("grows", id="grows")
    first = flow.add(cluster.give.using(pool="other", delay=600).s("first"))
    await flow.asubmit()
    added = chain(cluster, flow)

    await die(cluster, flow, dying, ("enqueue", 1))

    assert await cluster.state(added[1].task) is State.CANCELLED
    await await_until(lambda: flow.summary().counts["cancelled"] == 2)
    assert await first.task.astatus() is State.SCHEDULED
    assert await counts(flow) == {"open": 1, "cancelled": 2}


async def test_two_producers_add_at_once_and_one_of_them_dies(cluster: Shop, dying: Dying) -> None:
    flow = cluster.app.workflow("both", id="both")
    flow.add(cluster.give.using(pool="other", delay=600).s("first"))
    await flow.asubmit()
    dead, living = [await cluster.app.workflows.aget("both") for _ in range(2)]
    chain(cluster, dead)
    added = chain(cluster, living)
    await die(cluster, dead, dying, ("enqueue", 1))

    await living.asubmit()

    assert await added[1].task.aresult(timeout=20) == "child"

    async def is_so() -> bool:
        return await counts(flow) == {"open": 1, "succeeded": 2, "cancelled": 2}

    await await_until(is_so, what="the counts")


@pytest.mark.parametrize("step", [("enqueue", 0), ("enqueue", 1), ("seal", 0)])
async def test_a_producer_that_does_not_know_how_it_ended_may_submit_again(
    step: tuple[str, int], cluster: Shop, dying: Dying
) -> None:
    flow = cluster.app.workflow("again", id="again")
    _, child = chain(cluster, flow)
    dying.before = step
    with pytest.raises(DiedError):
        await flow.asubmit()
    dying.before = None

    await flow.asubmit()

    assert await child.task.aresult(timeout=20) == "child"
    assert await ended(flow) is FlowState.SUCCEEDED
    assert await counts(flow) == {"succeeded": 2}


async def test_a_producer_that_was_given_up_meanwhile_is_told_and_may_begin_anew(
    shop: Shop, dying: Dying, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = shop.app.workflow("late", id="late")
    root, child = chain(shop, flow)
    await die(shop, flow, dying, ("enqueue", 1))
    await Orphans(shop.app).run_once(shop.app.aclient)

    with pytest.raises(SubmissionGivenUp, match="other/late"):
        await flow.asubmit()

    assert await counts(flow) == {"cancelled": 2}
    await flow.asubmit()
    assert await counts(flow) == {"open": 2}
    assert await root.task.astatus() is State.QUEUED
    assert await child.task.astatus() is State.WAITING


async def test_a_slow_producer_is_heard_of_and_a_given_up_one_takes_all_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(additions, "RENEWED_EVERY", 0.0)
    slow = shop.app.workflow("slow", id="slow")
    chain(shop, slow)
    await slow.asubmit()
    assert await counts(slow) == {"open": 2}

    late = shop.app.workflow("late", id="late")
    _, child = chain(shop, late)
    whole = additions.submit

    def held_up(addition: additions.Addition) -> Steps[None]:
        def give_up() -> Steps[Any]:
            pass_time(shop)
            return giving_up.give_up_unfinished(addition.home, 2)

        return meanwhile(whole(addition), give_up, after="enqueue")

    monkeypatch.setattr(additions, "submit", held_up)
    with pytest.raises(SubmissionGivenUp, match="other/late"):
        await late.asubmit()

    assert await child.task.astatus() is State.CANCELLED
    assert await counts(late) == {"cancelled": 2}


async def test_what_hangs_on_a_node_that_never_came_is_not_run_again(
    cluster: Shop, dying: Dying
) -> None:
    flow = cluster.app.workflow("half", id="half")
    root, child = chain(cluster, flow)
    below = flow.add(cluster.give.s("below"), on_success=child)
    await die(cluster, flow, dying, ("enqueue", 2))
    assert await ended(flow) is FlowState.CANCELLED

    with pytest.raises(WrongState, match=r"workflow other/half: .*never submitted, .* anew"):
        await flow.aretry()
    for node in (root, child, below):
        with pytest.raises(WrongState, match=r"never submitted, .* submit it anew"):
            await flow.arerun(node)

    assert await child.task.astatus() is State.CANCELLED
    assert await counts(flow) == {"cancelled": 3}


async def test_a_retry_runs_the_rest_of_a_workflow_to_which_half_was_added(
    cluster: Shop, dying: Dying
) -> None:
    flow = cluster.app.workflow("grows", id="grows")
    first = flow.add(cluster.give.using(pool="other", delay=600).s("first"))
    await flow.asubmit()
    _, child = chain(cluster, flow)
    both = flow.add(cluster.give.s("both"), on_success=[first, child])
    await die(cluster, flow, dying, ("enqueue", 2))
    await await_until(lambda: flow.summary().counts["cancelled"] == 3)
    await first.task.acancel()
    await ended(flow)

    assert await flow.aretry() == 1

    assert await first.task.aresult(timeout=20) == "first"
    assert await ended(flow) is FlowState.CANCELLED
    assert await counts(flow) == {"succeeded": 1, "cancelled": 3}
    assert await both.task.astatus() is State.CANCELLED


async def test_what_hangs_on_a_cancelled_node_that_is_forgotten_is_not_run_again(
    cluster: Shop,
) -> None:
    flow = cluster.app.workflow("old", id="old")
    root = flow.add(cluster.give.using(pool="other", delay=600).s("root"))
    child = flow.add(cluster.give.s("child"), on_success=root)
    await flow.asubmit()
    await flow.acancel()
    assert await ended(flow) is FlowState.CANCELLED
    cluster.app.client.ask(("HDEL", cluster.app.keys("other").tasks, root.task.id))

    with pytest.raises(WrongState, match="forgotten by now"):
        await flow.aretry()

    assert await child.task.astatus() is State.CANCELLED


async def test_what_was_refused_may_be_added_once_there_is_room(cluster: Shop) -> None:
    flow = cluster.app.workflow("grows", id="grows")
    flow.add(cluster.give.using(delay=600).s("first"))
    await flow.asubmit()
    await cluster.give.using(pool="other", delay=600).aenqueue("in the way")
    await cluster.app.pools.aset_capacity("other", 1)
    _, child = chain(cluster, flow)
    with pytest.raises(QueueFull):
        await flow.asubmit()
    assert await counts(flow) == {"open": 1, "cancelled": 2}
    await cluster.app.pools.aset_capacity("other", None)

    await flow.asubmit()

    assert await child.task.aresult(timeout=20) == "child"
    await await_until(lambda: flow.summary().counts["succeeded"] == 2)
    assert await counts(flow) == {"open": 1, "succeeded": 2}
