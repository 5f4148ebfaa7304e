"""Submitting many calls at once: few trips, in order, and of those refused each is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from skedulr import (
    DuplicateId,
    DuplicateKey,
    InvalidOption,
    NotSerialisable,
    OutOfMemory,
    PayloadTooLarge,
    PoolConfig,
    QueueFull,
    Skedulr,
    SomeRefused,
    State,
    UnknownTask,
)
from skedulr.job import Signature
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add, calls_of
from tests.support.apps import MakeApp
from tests.support.own_server import OwnServer
from tests.support.servers import Server


def ids_in(server: Server, app: Skedulr, pool: str = "default") -> list[str]:
    """The ids of a pool's queue, next first."""
    client: Any = server.client()
    return [member.decode() for member in client.zrange(app.keys(pool).ready, 0, -1)]


class TestAll:
    def test_hundreds_travel_in_a_trip(self, app: Skedulr, job: Add, server: Server) -> None:
        job.enqueue(0)  # registers the pool
        before = calls_of(server.client(), "evalsha")
        tasks = app.enqueue_many([job.s(number) for number in range(1001)])
        assert calls_of(server.client(), "evalsha") - before == 6
        assert ids_in(server, app)[1:] == [task.id for task in tasks]
        assert tasks[1000].info().args == [1000]

    def test_parents_are_looked_up_together(self, app: Skedulr, job: Add, server: Server) -> None:
        root = job.using(delay=600, id="root").enqueue(0)
        before = calls_of(server.client(), "hexists")
        calls = [job.using(on_success=root, id=f"child{n}").s(n) for n in range(400)]
        tasks = app.enqueue_many(calls)
        assert calls_of(server.client(), "hexists") - before == 2
        assert {task.status() for task in tasks} == {State.WAITING}

    def test_calls_may_come_from_a_generator(self, app: Skedulr, job: Add) -> None:
        tasks = app.enqueue_many(job.s(number) for number in range(1001))
        assert [task.info().args for task in (tasks[0], tasks[1000])] == [[0], [1000]]

    def test_the_generator_may_use_the_app_itself(self, app: Skedulr, job: Add) -> None:
        def calls() -> Iterator[Signature[int]]:
            for number in range(1500):
                if number % 500 == 0:
                    job.using(pool="log").enqueue(number)
                yield job.s(number)

        assert len(app.enqueue_many(calls())) == 1500

    def test_pools_jobs_and_options_may_be_mixed(self, app: Skedulr, job: Add) -> None:
        echo: Any = app.job(name="echo", pool="second", priority=5)(print)
        calls = [
            each
            for number in range(300)
            for each in (job.s(number), echo.s(number), job.using(delay=60).s(number))
        ]
        tasks = app.enqueue_many(calls)
        assert [task.pool for task in tasks[:3]] == ["default", "second", "default"]
        infos = [task.info() for task in tasks[-3:]]
        assert [info.args for info in infos] == [[299]] * 3
        assert [info.state for info in infos] == [State.QUEUED, State.QUEUED, State.SCHEDULED]
        assert infos[1].priority == 5

    def test_existing_and_new_ones_keep_the_order_of_their_pool(
        self, app: Skedulr, job: Add, server: Server
    ) -> None:
        lenient = job.using(on_duplicate="existing")
        tasks = app.enqueue_many(
            (lenient.using(key=f"k{number}") if number % 2 else job).s(number)
            for number in range(20)
        )
        assert ids_in(server, app) == [task.id for task in tasks]

    def test_they_keep_it_where_the_server_has_forgotten_the_script(
        self, app: Skedulr, job: Add, server: Server
    ) -> None:
        job.using(pool="warm").enqueue(1)
        server.client().script_flush()
        lenient = job.using(on_duplicate="existing")
        tasks = app.enqueue_many(
            (lenient.using(key=f"k{number}") if number % 2 else job).s(number)
            for number in range(20)
        )
        assert ids_in(server, app) == [task.id for task in tasks]

    def test_a_held_key_can_be_answered_by_its_task(self, app: Skedulr, job: Add) -> None:
        daily = job.using(key="daily", on_duplicate="existing")
        first = daily.enqueue(1)
        assert app.enqueue_many([daily.s(2), daily.s(3)]) == [first, first]

    def test_of_one_key_in_a_trip_the_first_is_stored(self, app: Skedulr, job: Add) -> None:
        daily = job.using(key="daily", on_duplicate="existing")
        one, other = app.enqueue_many([daily.s(1), daily.s(2)])
        assert one == other
        assert one.info().args == [1]

    def test_nothing_is_nothing(self, app: Skedulr, server: Server) -> None:
        before = calls_of(server.client(), "evalsha")
        assert app.enqueue_many([]) == []
        assert app.enqueue_many(iter(())) == []
        assert calls_of(server.client(), "evalsha") == before

    def test_large_calls_travel_in_trips_that_redis_can_bear(
        self, app: Skedulr, job: Add, server: Server
    ) -> None:
        job.enqueue(0)
        before = calls_of(server.client(), "evalsha")
        tasks = app.enqueue_many(job.s(b"x" * 1_000_000) for _ in range(20))
        assert calls_of(server.client(), "evalsha") - before == 5
        assert ids_in(server, app)[1:] == [task.id for task in tasks]

    async def test_an_async_program_does_the_same(
        self, app: Skedulr, job: Add, server: Server
    ) -> None:
        await job.aenqueue(0)
        before = calls_of(server.client(), "evalsha")
        tasks = await app.aenqueue_many(job.s(number) for number in range(1001))
        assert calls_of(server.client(), "evalsha") - before == 6
        assert ids_in(server, app)[1:] == [task.id for task in tasks]
        assert await app.aenqueue_many([]) == []


Many = Callable[[Skedulr, Any], Any]


async def sync_many(app: Skedulr, calls: Any) -> Any:
    return app.enqueue_many(calls)


async def async_many(app: Skedulr, calls: Any) -> Any:
    return await app.aenqueue_many(calls)


@pytest.mark.parametrize("many", [sync_many, async_many], ids=["sync", "async"])
class TestSome:
    """Of many, some are refused: the others are stored, and each is accounted for."""

    async def test_duplicates_are_named_by_their_place(
        self, app: Skedulr, job: Add, many: Many
    ) -> None:
        job.using(id="taken").enqueue(0)
        job.using(key="held").enqueue(0)
        calls = [job.s(1), job.using(id="taken").s(2), job.using(key="held").s(3), job.s(4)]
        with pytest.raises(SomeRefused, match="2 of 4 submissions were refused") as caught:
            await many(app, calls)
        errors, tasks = caught.value.errors, caught.value.tasks
        assert {place: type(error) for place, error in errors.items()} == {
            1: DuplicateId,
            2: DuplicateKey,
        }
        assert {place: task.info().args for place, task in tasks.items()} == {0: [1], 3: [4]}

    async def test_the_second_use_of_an_id_is_refused(
        self, app: Skedulr, job: Add, many: Many
    ) -> None:
        twice = job.using(id="once").s(1)
        with pytest.raises(SomeRefused) as caught:
            await many(app, [twice, twice])
        assert [*caught.value.tasks] == [0]
        assert [*caught.value.errors] == [1]

    async def test_a_full_pool_takes_what_fits(self, make_app: MakeApp, many: Many) -> None:
        app = make_app(pools={"small": PoolConfig(max_capacity=3)})
        calls = [app.call("add", [number], pool="small") for number in range(5)]
        calls.insert(1, app.call("add", pool="other"))
        with pytest.raises(SomeRefused) as caught:
            await many(app, calls)
        assert sorted(caught.value.tasks) == [0, 1, 2, 3]
        assert [type(error) for error in caught.value.errors.values()] == [QueueFull, QueueFull]

    async def test_a_parent_that_is_not_there_does_not_stop_the_others(
        self, app: Skedulr, job: Add, many: Many
    ) -> None:
        root = await job.using(delay=600).aenqueue(0)
        gone = await app.atask("default/gone")
        calls = [
            *(job.using(on_success=parent).s(0) for parent in (root, gone, root.id)),
            job.using(id="self", on_success="self").s(0),
            job.s(4),
        ]
        with pytest.raises(SomeRefused) as some:
            await many(app, calls)
        assert [*map(type, some.value.errors.values())] == [UnknownTask, InvalidOption]
        assert [*some.value.errors] == [1, 3]
        states = [await some.value.tasks[place].astatus() for place in (0, 2, 4)]
        assert states == [State.WAITING, State.WAITING, State.QUEUED]

    async def test_calls_that_cannot_be_packed_do_not_stop_the_others(
        self, app: Skedulr, job: Add, many: Many
    ) -> None:
        def calls() -> Iterator[Any]:
            yield job.s(0)
            yield job.s(object())
            yield job.s(b"x" * 2_000_000)
            yield job.using(result_ttl="9d").s(3)
            yield job.enqueue
            yield from (job.s(number) for number in range(5, 1100))

        with pytest.raises(SomeRefused, match=r"number 1: args\[0\]") as caught:
            await many(app, calls())
        assert {place: type(error) for place, error in caught.value.errors.items()} == {
            1: NotSerialisable,
            2: PayloadTooLarge,
            3: InvalidOption,
            4: InvalidOption,
        }
        assert "job.s(" in str(caught.value.errors[4])
        assert sorted(caught.value.tasks) == [0, *range(5, 1100)]

    async def test_a_full_server_takes_what_came_before(
        self, make_app: MakeApp, spare: OwnServer, many: Many
    ) -> None:
        spare.client().config_set("maxmemory", "24mb")
        app = make_app(spare.url, time_limit=20)
        calls = [app.call("add", [b"x" * 100_000]) for _ in range(300)]
        with pytest.raises(SomeRefused) as caught:
            await many(app, calls)
        stored, refused = caught.value.tasks, caught.value.errors
        assert len(stored) > 40
        assert {type(error) for error in refused.values()} == {OutOfMemory}
        assert sorted([*stored, *refused]) == list(range(300))
        client: Any = spare.client()
        assert client.hlen(app.keys("default").tasks) == len(stored)

    async def test_an_error_of_the_generator_goes_on_to_the_caller(
        self, app: Skedulr, job: Add, many: Many
    ) -> None:
        def calls() -> Iterator[Any]:
            yield job.s(1)
            raise LookupError("no more addresses")

        with pytest.raises(LookupError, match="no more addresses"):
            await many(app, calls())
        assert (await job.aenqueue(2)).id, "the connection is still good"


def test_what_a_batch_stored_is_claimed_like_any_other(app: Skedulr, job: Add, hand: Hand) -> None:
    tasks = app.enqueue_many(job.s(number) for number in range(10))
    assert [claim.id for claim in hand.claim(20)] == [task.id for task in tasks]
