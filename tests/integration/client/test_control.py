"""Pausing, scaling and limiting pools: for the whole cluster, and kept in Redis."""

from __future__ import annotations

from typing import Any

import pytest

from skedulr import (
    InvalidName,
    InvalidOption,
    PoolConfig,
    PoolJob,
    QueueFull,
    Skedulr,
    State,
    commands,
)
from tests.integration.client.hand import Hand
from tests.integration.client.kit import Add
from tests.support.apps import MakeApp


class TestPause:
    async def test_nothing_is_claimed_until_it_ends(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        job.enqueue(1)
        app.pause()
        assert hand.claim() == []
        app.resume()
        assert len(hand.claim()) == 1
        await app.apause()
        job.enqueue(2)
        assert hand.claim() == []
        await app.aresume()
        assert len(hand.claim()) == 1

    def test_submissions_queue_and_running_tasks_go_on(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        running = job.enqueue(1)
        claim = hand.take()
        app.pause()
        assert job.enqueue(2).status() is State.QUEUED
        hand.succeed(claim, 3)
        assert running.result(timeout=5) == 3

    def test_it_holds_for_pools_that_are_first_used_later(
        self, app: Skedulr, job: Add, make_app: MakeApp
    ) -> None:
        app.pause()
        make_app().enqueue("add", pool="by-a-producer")
        app.pools.scale("by-an-operator", 3)
        assert {pool.name: pool.paused for pool in app.pools.all()} == {
            "by-a-producer": True,
            "by-an-operator": True,
        }
        hand = Hand(make_app(), "by-a-worker", jobs=["add"])
        assert hand.is_paused
        hand.close()
        app.resume()
        assert not any(pool.paused for pool in app.pools.all())

    def test_it_stays_when_the_program_that_said_it_ends(
        self, make_app: MakeApp, job: Add, hand: Hand
    ) -> None:
        first = make_app()
        first.pause()
        first.close()
        job.enqueue(1)
        assert hand.claim() == []

    def test_pausing_twice_is_pausing(self, app: Skedulr, job: Add, hand: Hand) -> None:
        app.pause()
        app.pause()
        app.resume()
        job.enqueue(1)
        assert len(hand.claim()) == 1


class TestPauseOfOnePool:
    async def test_others_go_on(self, app: Skedulr, job: Add, hand: Hand) -> None:
        job.enqueue(1)
        job.using(pool="other").enqueue(2)
        other = Hand(app, "other")
        app.pools.pause("default")
        assert (len(hand.claim()), len(other.claim())) == (0, 1)
        app.pools.resume("default")
        assert len(hand.claim()) == 1
        await app.pools.apause("other")
        job.using(pool="other").enqueue(3)
        assert other.claim() == []
        await app.pools.aresume("other")
        assert len(other.claim()) == 1
        other.close()

    def test_its_end_does_not_end_the_pause_of_the_cluster(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        job.enqueue(1)
        app.pause()
        app.pools.pause("default")
        app.pools.resume("default")
        assert hand.claim() == []
        app.resume()
        assert len(hand.claim()) == 1

    def test_the_end_of_the_cluster_s_pause_does_not_end_it(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        job.enqueue(1)
        app.pools.pause("default")
        app.pause()
        app.resume()
        assert hand.claim() == []


class TestScale:
    async def test_it_sets_how_many_run_at_once(self, app: Skedulr, job: Add, hand: Hand) -> None:
        for number in range(5):
            job.enqueue(number)
        app.pools.scale("default", 2)
        first = hand.claim(10)
        assert len(first) == 2
        hand.succeed(first[0])
        assert len(hand.claim(10)) == 1
        await app.pools.ascale("default", None)
        assert len(hand.claim(10)) == 2

    def test_the_answer_says_what_is_missing(self, app: Skedulr, job: Add) -> None:
        hand = Hand(app, slots=4)
        scaled = app.pools.scale("default", 10)
        assert (scaled.limit, scaled.slots, scaled.short) == (10, 4, 6)
        scaled = app.pools.scale("default", None)
        assert (scaled.limit, scaled.slots, scaled.short) == (None, 4, 0)
        hand.close()

    def test_to_zero_is_to_stop(self, app: Skedulr, job: Add, hand: Hand) -> None:
        job.enqueue(1)
        assert app.pools.scale("default", 0).limit == 0
        assert hand.claim() == []

    @pytest.mark.parametrize("count", [-1, "10", 2.5, True])
    async def test_anything_but_a_number_of_tasks_is_refused(
        self, app: Skedulr, job: Add, hand: Hand, count: Any
    ) -> None:
        job.enqueue(1)
        with pytest.raises(InvalidOption, match="give a whole number, 0 or more, or None"):
            app.pools.scale("default", count)
        with pytest.raises(InvalidOption, match="count"):
            await app.pools.ascale("default", count)
        with pytest.raises(InvalidOption, match="give a whole number, 0 or more, or None"):
            app.pools.limit_job("default", "add", count)
        assert len(hand.claim()) == 1

    def test_a_number_that_no_cluster_has_is_refused(self, app: Skedulr) -> None:
        with pytest.raises(InvalidOption, match="at most, or None for no limit"):
            app.pools.scale("default", 10**30)

    def test_a_pool_has_a_pool_s_name(self, app: Skedulr) -> None:
        with pytest.raises(InvalidName):
            app.pools.scale("a b", 1)
        assert app.pools.all() == []


class TestLimitOfAJob:
    async def test_it_sets_how_many_of_it_run_at_once(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        for number in range(4):
            job.enqueue(number)
        app.pools.limit_job("default", "add", 1)
        first = hand.claim(10)
        assert len(first) == 1
        assert app.pools.all()[0].job_limits == {"add": 1}
        hand.succeed(first[0])
        assert len(hand.claim(10)) == 1
        await app.pools.alimit_job("default", "add", None)
        assert len(hand.claim(10)) == 2
        assert app.pools.all()[0].job_limits == {}

    def test_it_stands_before_what_the_code_says_until_it_is_lifted(
        self, app: Skedulr, job: Add
    ) -> None:
        keys = app.keys("default")
        join = commands.join(
            keys, "host-1", ["add"], lease_ms=60_000, slots=10, job_limits={"add": 3}
        )
        app.register_pool("default")
        app.client.run(join)
        assert app.pools.all()[0].job_limits == {"add": 3}
        app.pools.limit_job("default", "add", 5)
        app.client.run(join)
        assert app.pools.all()[0].job_limits == {"add": 5}
        app.pools.limit_job("default", "add", None)
        assert app.pools.all()[0].job_limits == {"add": 3}

    def test_its_names_are_checked(self, app: Skedulr) -> None:
        for pool, job in (("a b", "add"), ("default", "a/b")):
            with pytest.raises(InvalidName):
                app.pools.limit_job(pool, job, 1)
        assert app.pools.all() == []


class TestJobs:
    def test_they_are_those_that_workers_know_with_their_limits_and_how_many_run(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        join = commands.join(
            hand.keys,
            "host-1",
            ["add", "mail", "skedulr.map", "skedulr.gather"],
            lease_ms=60_000,
            slots=10,
            job_limits={"mail": 3},
        )
        app.client.run(join)
        for number in range(3):
            job.enqueue(number)
        hand.claim(2)
        assert app.pools.jobs("default") == [
            PoolJob("default", "add", limit=None, limit_in_code=None, running=2),
            PoolJob("default", "mail", limit=3, limit_in_code=3, running=0),
        ]

    async def test_one_that_is_limited_is_there_though_no_worker_knows_it(
        self, app: Skedulr
    ) -> None:
        app.pools.limit_job("mail", "send", 0)
        assert await app.pools.ajobs("mail") == [
            PoolJob("mail", "send", limit=0, limit_in_code=None, running=0)
        ]

    def test_a_pool_that_nobody_has_named_has_none(self, app: Skedulr) -> None:
        assert app.pools.jobs("mail") == []
        with pytest.raises(InvalidName):
            app.pools.jobs("a b")


class TestCapacity:
    async def test_a_full_pool_refuses_until_there_is_room(
        self, app: Skedulr, job: Add, hand: Hand
    ) -> None:
        app.pools.set_capacity("default", 1)
        job.enqueue(1)
        with pytest.raises(QueueFull, match="enqueue later") as caught:
            job.enqueue(2)
        assert (caught.value.pool, caught.value.limit) == ("default", 1)
        with pytest.raises(QueueFull):
            await job.aenqueue(2)
        hand.succeed(hand.take())
        job.enqueue(3)
        await app.pools.aset_capacity("default", None)
        job.enqueue(4)

    def test_the_code_can_declare_it(self, make_app: MakeApp) -> None:
        app = make_app(pools={"small": PoolConfig(max_capacity=1)})
        app.enqueue("add", pool="small")
        with pytest.raises(QueueFull):
            app.enqueue("add", pool="small")
        (pool,) = app.pools.all()
        assert (pool.name, pool.max_capacity, pool.unfinished) == ("small", 1, 1)

    def test_what_was_set_at_run_time_outlives_a_broken_connection(
        self, make_app: MakeApp, server: Any
    ) -> None:
        app = make_app(pools={"small": PoolConfig(max_capacity=1)})
        app.enqueue("add", pool="small")
        app.pools.set_capacity("small", 3)
        server.client().client_kill_filter(_type="normal", skipme=True)
        app.enqueue("add", pool="small")
        app.enqueue("add", pool="small")
        with pytest.raises(QueueFull):
            app.enqueue("add", pool="small")

    @pytest.mark.parametrize("most", [0, "10", 2.5])
    def test_anything_but_a_number_of_tasks_is_refused(self, app: Skedulr, most: Any) -> None:
        with pytest.raises(InvalidOption, match="max_capacity"):
            app.pools.set_capacity("default", most)

    def test_retries_pass_over_it(self, app: Skedulr, job: Add, hand: Hand) -> None:
        app.pools.set_capacity("default", 1)
        task = job.enqueue(1)
        hand.retry(hand.take(), delay_ms=0)
        assert [claim.id for claim in hand.claim()] == [task.id]


async def test_pools_are_told_with_what_they_hold(app: Skedulr, job: Add, hand: Hand) -> None:
    job.enqueue(1)
    job.enqueue(2)
    job.using(delay=60).enqueue(3)
    hand.succeed(hand.take())
    hand.fail(hand.take())
    job.using(pool="another").enqueue(4)
    another, default = app.pools.all()
    assert (another.name, default.name) == ("another", "default")
    held = {state: count for state, count in default.counts.items() if count}
    assert held == {State.SCHEDULED: 1, State.SUCCEEDED: 1, State.FAILED: 1}
    assert (default.paused, default.limit, default.max_capacity) == (False, None, None)
    assert (default.instances, default.slots) == (1, 100)
    assert default.totals["enqueued"] == 3
    assert await app.pools.aall() == [another, default]
