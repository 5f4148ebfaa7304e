"""What is waited for too long is given up: parents that never come, half submitted workflows."""

from __future__ import annotations

from skedulr import FlowState, State, commands, flows
from skedulr.flows import NodePlan
from skedulr.submission import submission_of
from skedulr_coordinator.orphans import Orphans
from tests.integration.workflows.conftest import Shop
from tests.support.waiting import await_until


async def test_a_child_whose_parent_never_comes_is_cancelled_in_the_end(cluster: Shop) -> None:
    keys = cluster.app.keys("other")
    child = await cluster.give.using(on_success="other/never", on_failure="other/never").aenqueue(1)
    await await_until(lambda: cluster.app.client.ask(("ZCARD", keys.orphans))[0])
    await Orphans(cluster.app).run_once(cluster.app.aclient)
    assert await child.astatus() is State.WAITING

    cluster.app.client.ask(("ZADD", keys.orphans, "XX", 1, "never"))

    assert await cluster.state(child) is State.CANCELLED
    assert (await child.ainfo()).reason == "upstream"
    await await_until(lambda: not cluster.app.client.ask(("ZCARD", keys.orphans))[0])
    assert cluster.app.client.ask(("EXISTS", keys.of("children", "never"))) == [0]


async def test_a_workflow_that_was_left_half_submitted_is_cancelled(cluster: Shop) -> None:
    flow = cluster.app.workflow("half", id="half")
    root = flow.add(cluster.give.using(pool="other").s("root"))
    child = flow.add(cluster.give.s("child"), on_success=root)
    tied = await cluster.app.aclient.perform(flow._tied())
    plans = [
        NodePlan(call.options.pool, submission_of(cluster.app, call)._replace(flow="other/half"))
        for call in tied.values()
    ]
    home = cluster.app.keys("other")
    for pool in ("other", "default"):
        await cluster.app.aregister_pool(pool)
    steps = flows.submit(home, "half", b"token", "half", plans)
    step = steps.send(None)
    while not (isinstance(step, commands.Command) and step.keys[0] == home.ready):
        step = steps.send(await cluster.app.aclient.run(step))  # type: ignore[arg-type]  # no reads
    assert await child.task.astatus() is State.WAITING, "the child is there, and the root is not"

    cluster.app.client.ask(("ZADD", home.opening, "XX", 1, "half"))

    assert await cluster.state(child.task) is State.CANCELLED
    known = await cluster.app.workflows.aget("half")
    await await_until(lambda: known.status() is FlowState.CANCELLED)
    assert cluster.ran == []
