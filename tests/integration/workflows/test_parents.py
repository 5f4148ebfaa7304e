"""Tasks that hang on others: which ends let them run, which cancel them, and in what order."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from skedulr import (
    AmbiguousTask,
    InvalidOption,
    SomeRefused,
    State,
    Task,
    UnknownTask,
    retry,
)
from tests.integration.workflows.conftest import POOLS, Coordinated, Shop
from tests.support.waiting import await_until

OK, UPSTREAM = State.SUCCEEDED, State.CANCELLED


@pytest.mark.parametrize("parent_first", [True, False], ids=["parent first", "child first"])
@pytest.mark.parametrize(
    ("ends", "on", "expected"),
    [
        ("give", ("on_success",), OK),
        ("give", ("on_failure",), UPSTREAM),
        ("give", ("on_success", "on_failure"), OK),
        ("fail", ("on_success",), UPSTREAM),
        ("fail", ("on_failure",), OK),
        ("fail", ("on_success", "on_failure"), OK),
        ("cancel", ("on_success",), UPSTREAM),
        ("cancel", ("on_failure",), UPSTREAM),
        ("cancel", ("on_success", "on_failure"), OK),
    ],
)
async def test_a_child_runs_when_its_parent_ends_as_wanted_and_else_is_cancelled(
    cluster: Shop, ends: str, on: tuple[str, ...], expected: State, parent_first: bool
) -> None:
    async def parent() -> None:
        job = cluster.fail if ends == "fail" else cluster.give
        arguments = () if ends == "fail" else ("parent",)
        delay = 600 if ends == "cancel" else 0
        task = await job.using(id="parent", pool="other", delay=delay).aenqueue(*arguments)
        if ends == "cancel":
            await task.acancel()

    if parent_first:
        await parent()
        await cluster.state(await cluster.app.atask("parent"))
    child = cluster.give.using(**dict.fromkeys(on, "other/parent"))  # type: ignore[arg-type]  # a dict loses its types
    task = await child.aenqueue("child")
    if not parent_first:
        await parent()

    assert await cluster.state(task) is expected
    reason = (await task.ainfo()).reason
    assert reason == ("" if expected is OK else "upstream")
    assert cluster.ran.count("child") == (expected is OK)


async def test_a_child_waits_for_all_of_its_parents_whatever_pools_they_are_in(
    cluster: Shop,
) -> None:
    good = [await cluster.give.using(pool=pool).aenqueue(pool) for pool in POOLS]
    bad = await cluster.fail.aenqueue()

    child = await cluster.give.using(on_success=good, on_failure=bad).aenqueue("child")
    never = await cluster.give.using(on_success=[*good, bad]).aenqueue("never")

    assert await cluster.state(child) is OK
    assert await cluster.state(never) is UPSTREAM
    assert "never" not in cluster.ran


async def test_what_can_run_no_more_is_cancelled_all_the_way_down(cluster: Shop) -> None:
    last = await cluster.fail.aenqueue()
    tasks = []
    for number in range(5):
        last = await cluster.give.using(on_success=last).aenqueue(number)
        tasks.append(last)
    after_all = await cluster.give.using(on_success=last, on_failure=last).aenqueue("after all")

    assert [await cluster.state(task) for task in tasks] == [UPSTREAM] * 5
    assert await cluster.state(after_all) is OK
    assert cluster.ran == ["after all"]


async def test_a_retry_is_no_end(cluster: Shop) -> None:
    parent = await cluster.fail.using(retry=retry.linear(1, delay=600)).aenqueue()
    child = await cluster.give.using(on_failure=parent).aenqueue("child")
    await await_until(lambda: _is(parent, State.SCHEDULED), what="a retry to come")

    assert await child.astatus() is State.WAITING
    await parent.acancel()
    assert await cluster.state(child) is UPSTREAM


async def test_a_bare_id_that_nobody_has_means_the_child_s_own_pool(cluster: Shop) -> None:
    child = await cluster.give.using(pool="third", on_success="import").aenqueue("child")
    await cluster.give.using(id="import", pool="other").aenqueue("elsewhere")
    await await_until(lambda: "elsewhere" in cluster.ran)
    assert await child.astatus() is State.WAITING

    await cluster.give.using(id="import", pool="third").aenqueue("here")

    assert await cluster.state(child) is OK
    assert cluster.ran == ["elsewhere", "here", "child"]


async def test_a_bare_id_that_one_pool_has_means_that_one(cluster: Shop) -> None:
    await cluster.give.using(id="import", pool="other").aenqueue("parent")

    child = await cluster.give.using(on_success="import").aenqueue("child")

    assert await cluster.state(child) is OK


async def test_the_delay_of_a_child_begins_when_its_parents_have_ended(cluster: Shop) -> None:
    parent = await cluster.give.aenqueue("parent")
    child = await cluster.give.using(on_success=parent, delay=600).aenqueue("child")

    await await_until(lambda: _is(child, State.SCHEDULED), what="the delay to begin")
    info = await child.ainfo()
    assert info.due_ms >= (await parent.ainfo()).finished_ms + 600_000


async def _is(task: Task[Any], state: State) -> bool:
    return (await task.astatus()) is state


async def test_triggered_tasks_pass_over_the_capacity(cluster: Shop) -> None:
    await cluster.app.pools.apause("other")
    parent = await cluster.give.using(pool="other").aenqueue("parent")
    child = await cluster.give.using(on_success=parent).aenqueue("child")
    await cluster.give.using(delay=600).aenqueue("another")
    await cluster.app.pools.aset_capacity("default", 1)
    await cluster.app.pools.aresume("other")

    assert await cluster.state(child) is OK


async def test_many_children_are_submitted_in_one_trip(cluster: Shop) -> None:
    parent = await cluster.give.aenqueue("parent")
    calls = [cluster.give.using(on_success=parent).s(number) for number in range(300)]

    children = await cluster.app.aenqueue_many(calls)

    for child in children:
        assert await cluster.state(child) is OK
    assert sorted(cluster.ran[1:]) == list(range(300))


async def test_of_many_calls_those_are_refused_whose_parents_are_forgotten(cluster: Shop) -> None:
    gone = await cluster.give.aenqueue("parent")
    await cluster.state(gone)
    cluster.app.client.ask(("HDEL", cluster.app.keys("default").tasks, gone.id))

    with pytest.raises(SomeRefused) as refused:
        await cluster.app.aenqueue_many(
            [cluster.give.using(on_success=gone).s(1), cluster.give.s(2)]
        )

    assert isinstance(refused.value.errors[0], UnknownTask)
    assert list(refused.value.tasks) == [1]


async def test_two_coordinators_do_no_more_than_one(shop: Shop, coordinated: Coordinated) -> None:
    async with coordinated(2), shop.app.worker(pools=POOLS):
        parents = [await shop.give.using(pool="other").aenqueue(n) for n in range(100)]
        children = [
            await shop.give.using(on_success=parent).aenqueue(100 + n)
            for n, parent in enumerate(parents)
        ]
        for child in children:
            assert await shop.state(child) is OK

    assert sorted(shop.ran) == list(range(200))


async def test_what_ended_while_no_coordinator_lived_is_told_by_the_next(
    shop: Shop, coordinated: Coordinated
) -> None:
    async with shop.app.worker(pools=POOLS):
        parent = await shop.give.aenqueue("parent")
        child = await shop.give.using(pool="other", on_success=parent).aenqueue("child")
        assert await shop.state(parent) is OK
        assert await child.astatus() is State.WAITING

        async with coordinated():
            assert await shop.state(child) is OK


async def test_what_cannot_be_told_stops_no_others(
    shop: Shop, coordinated: Coordinated, caplog: pytest.LogCaptureFixture
) -> None:
    async with shop.app.worker(pools=POOLS):
        broken = await shop.give.aenqueue("broken")
        parent = await shop.give.aenqueue("parent")
        child = await shop.give.using(pool="other", on_success=parent).aenqueue("child")
        newer = await shop.give.using(on_success="third/never").aenqueue("of newer code")
        keys = shop.app.keys("default")
        head = [2, *[0] * 40]
        calls = [
            ("HSET", keys.of("children", broken.id), "other/x", b"\xc1"),
            ("XADD", keys.events, "*", "kind", "ended", "id", broken.id, "epoch", 1),
            ("HSET", keys.tasks, newer.id, msgpack.packb(head)),
        ]
        await shop.app.aclient.ask(*calls)

        async with coordinated():
            assert await shop.state(child) is OK
            await await_until(lambda: "tried again" in caplog.text, what="a complaint")
            left = await shop.app.aclient.ask(("XRANGE", keys.events, "-", "+"))

    assert {said[3] for _, said in left[0]} == {broken.id.encode(), newer.id.encode()}


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [7, b"a", {"a": 1}, [None]])
def test_what_names_no_task_is_refused(shop: Shop, value: object) -> None:
    with pytest.raises(InvalidOption, match="on_success"):
        shop.give.using(on_success=value)  # type: ignore[arg-type]  # on purpose


async def test_none_at_all_have_succeeded_and_none_has_failed(shop: Shop) -> None:
    task = await shop.give.using(on_success=[]).aenqueue(1)
    assert await task.astatus() is State.QUEUED

    with pytest.raises(InvalidOption, match="nothing could fail: leave the option out"):
        shop.give.using(on_failure=[])


async def test_a_task_cannot_wait_for_itself(shop: Shop) -> None:
    with pytest.raises(InvalidOption, match="wait for itself"):
        await shop.give.using(id="a", on_success="default/a").aenqueue(1)


async def test_an_id_of_several_pools_is_refused(shop: Shop) -> None:
    for pool in ("other", "third"):
        await shop.give.using(id="import", pool=pool).aenqueue(1)

    with pytest.raises(AmbiguousTask, match="other/import"):
        await shop.give.using(on_success="import").aenqueue(2)


async def test_what_runs_by_the_clock_waits_for_no_task(shop: Shop) -> None:
    with pytest.raises(InvalidOption, match="by the clock"):
        shop.app.schedule("s", shop.give.using(on_success="a").s(1), every=10)
