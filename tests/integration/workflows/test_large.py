"""Large workflows take few trips, and what breaks off in the middle of them can be done again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from skedulr import FlowState, Skedulr, State, Workflow, WrongState, names
from skedulr.commands import Steps, base
from skedulr.flows import acting
from skedulr.transport.aio import AsyncClient
from skedulr.transport.client import Client
from tests.integration.workflows.conftest import Shop
from tests.integration.workflows.meanwhile import tell
from tests.integration.workflows.test_workflow import counts

Act = Callable[[Workflow, str], Any]


@pytest.fixture(params=["sync", "async"])
def act(request: pytest.FixtureRequest) -> Act:
    """Call a method of a workflow, or the one for asyncio."""

    async def sync(flow: Workflow, name: str) -> Any:
        return getattr(flow, name)()

    async def async_(flow: Workflow, name: str) -> Any:
        return await getattr(flow, f"a{name}")()

    return sync if request.param == "sync" else async_


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the clients of this process send, an entry for each trip."""
    seen: list[str] = []

    def count(client: type[Client | AsyncClient]) -> None:
        attempt: Any = client._attempt

        def counted(*args: Any) -> Any:
            seen.append(client.__name__)
            return attempt(*args)

        monkeypatch.setattr(client, "_attempt", counted)

    count(Client)
    count(AsyncClient)
    return seen


async def fan(shop: Shop, nodes: int) -> Workflow:
    """A workflow of a root and of what hangs on it."""
    async with shop.app.workflow("fan") as flow:
        root = flow.add(shop.give.s("root"))
        for number in range(nodes - 1):
            flow.add(shop.give.s(number), on_success=root)
    return flow


async def states(flow: Workflow) -> list[State | None]:
    """The states of all nodes."""
    return [node.state for node in (await flow.ainfo()).nodes]


async def costs(trips: list[str], act: Act, name: str, flows: Iterable[Workflow]) -> list[int]:
    """How many trips it takes with each of some workflows."""
    found = []
    for flow in flows:
        trips.clear()
        await act(flow, name)
        found.append(len(trips))
    return found


async def test_a_trip_cancels_or_runs_again_a_hundred_nodes(
    shop: Shop, act: Act, trips: list[str]
) -> None:
    flows = [await fan(shop, nodes) for nodes in (100, 500)]

    small, large = await costs(trips, act, "cancel", flows)
    assert large - small == 4
    assert await states(flows[1]) == [State.CANCELLED] * 500

    small, large = await costs(trips, act, "retry", flows)
    assert large - small == 4
    assert sorted(filter(None, await states(flows[1]))) == [State.WAITING] * 499 + [State.QUEUED]


async def test_parents_that_are_named_by_id_are_not_looked_for_among_all_nodes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_apart: list[str] = []
    for name in ("split", "parts"):
        whole = getattr(names, name)

        def counted(full: str, whole: Callable[[str], Any] = whole) -> Any:
            taken_apart.append(full)
            return whole(full)

        monkeypatch.setattr(names, name, counted)
    async with shop.app.workflow("chain") as flow:
        flow.add(shop.give.using(id="n0").s(0))
        for number in range(1, 200):
            flow.add(shop.give.using(id=f"n{number}").s(number), on_success=f"n{number - 1}")

    assert len(taken_apart) < 20 * 200
    assert len(flow.info().edges) == 199


async def test_results_of_many_parents_travel_together_to_what_takes_them(
    shop: Shop, trips: list[str]
) -> None:
    async with shop.app.workflow("sum") as flow:
        parts = [flow.add(shop.give.s(number)) for number in range(50)]
        sum_ = flow.add(shop.add.s(flow.gather(parts)))
    await shop.app.aclient.perform(tell(shop.app.keys("third")))  # it hangs on them
    async with shop.app.worker(pools={"default": 10}):
        await asyncio.gather(*(part.task.aresult(timeout=20) for part in parts))

    trips.clear()
    await shop.app.aclient.perform(tell(shop.app.keys("default")))

    assert len(trips) < 10, "none for each of the fifty"
    async with shop.app.worker(pools={"third": 10}):
        assert await sum_.task.aresult(timeout=20) == sum(range(50))


async def test_children_are_cancelled_before_their_parents(shop: Shop, act: Act) -> None:
    async with shop.app.workflow("chain") as flow:
        last = flow.add(shop.give.s(0))
        for number in range(1, 150):
            last = flow.add(shop.give.s(number), on_success=last, on_failure=last)

    assert await act(flow, "cancel") == 150
    outbox = await shop.app.aclient.ask(("XRANGE", shop.app.keys("default").events, "-", "+"))
    ends = [said[3] for _, said in outbox[0] if said[1] == b"ended"]
    assert [each.decode() for each in ends] == await from_below(flow)


async def from_below(flow: Workflow) -> list[str]:
    """The ids of a chain, the last one first."""
    parents = {edge.child: edge.parent for edge in (await flow.ainfo()).edges}
    [name] = {*parents} - {*parents.values()}
    found = [name]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return [each.partition("/")[2] for each in found]


class Interrupted:
    """Runs an operation up to a step, and leaves it there."""

    def __init__(self, app: Skedulr, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base, "CALLS_AT_ONCE", 2)
        self._app = app

    def __call__(self, steps: Steps[int], after: int) -> bool:
        """Whether there were more steps than that."""
        taken: Sequence[Any] = []
        try:
            for _ in range(after):
                step = steps.send(taken[-1] if taken else None)
                taken = [self._app.client._take_step(step)]
            steps.send(taken[-1] if taken else None)
        except StopIteration:
            return False
        steps.close()
        return True


@pytest.fixture
def interrupted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Interrupted:
    return Interrupted(shop.app, monkeypatch)


async def test_a_cancel_that_broke_off_anywhere_is_ended_by_another(
    shop: Shop, interrupted: Interrupted
) -> None:
    after, left = 0, True
    while left:
        flow = await fan(shop, 7)
        left = interrupted(acting.cancel(flow._home, flow.id), after)
        flow.cancel()
        assert flow.status() is FlowState.CANCELLED, after
        assert await counts(flow) == {"cancelled": 7}, after
        after += 1
    assert after > 8


def refusal_of(flow: Workflow) -> str:
    """Why a retry is refused, if it is."""
    try:
        flow.retry()
    except WrongState as error:
        return str(error)
    return ""


async def test_a_retry_that_broke_off_anywhere_is_ended_by_another(
    shop: Shop, interrupted: Interrupted
) -> None:
    after, left = 0, True
    while left:
        flow = await fan(shop, 7)
        flow.cancel()
        left = interrupted(acting.retry(flow._home, flow.id), after)
        assert refusal_of(flow) in ("", f"cannot retry workflow {flow.name}: it is running")
        assert sorted(filter(None, await states(flow))) == [State.WAITING] * 6 + [State.QUEUED]
        after += 1
    assert after > 8
