"""`skedulr cancel`, `resubmit`, `pause`, `resume` and `scale` change what they name, and say so."""

import pytest

from skedulr import State
from tests.integration.cli.conftest import Command
from tests.integration.cli.shop import SLOTS, Shop


class TestCancel:
    def test_ends_waiting_tasks_and_asks_running_ones_to_stop(
        self, shop: Shop, skedulr: Command
    ) -> None:
        shop.in_every_state()
        answer = skedulr("cancel", "queued", "scheduled", "running", "--json")
        assert answer.json == [
            {"name": "default/queued", "outcome": "cancelled", "error": None},
            {"name": "default/scheduled", "outcome": "cancelled", "error": None},
            {"name": "default/running", "outcome": "requested", "error": None},
        ]
        assert shop.app.task("queued").status() is State.CANCELLED
        assert shop.app.task("running").info().cancel_requested

    def test_goes_on_after_a_task_that_cannot_be_cancelled(
        self, shop: Shop, skedulr: Command
    ) -> None:
        shop.in_every_state()
        answer = skedulr("cancel", "nobody", "dead", "queued")
        assert answer.code == 3, "the first failure decides"
        assert answer.lines == ["default/queued: cancelled"]
        first, second = answer.err.splitlines()
        assert "there is no task 'nobody'" in first
        assert "cannot cancel task default/dead: it is dead" in second

    def test_tells_machines_of_each_failure(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        answer = skedulr("cancel", "dead", "--json")
        assert answer.code == 1
        assert '"outcome": "error"' in answer.out


class TestResubmit:
    def test_runs_ended_tasks_again(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        answer = skedulr("resubmit", "failed", "dead", "cancelled")
        assert answer.code == 0
        assert answer.lines == [
            f"default/{task_id}: resubmitted" for task_id in ("failed", "dead", "cancelled")
        ]
        assert shop.app.task("dead").status() is State.QUEUED

    def test_runs_a_success_again_only_by_force(self, shop: Shop, skedulr: Command) -> None:
        shop.in_every_state()
        refused = skedulr("resubmit", "succeeded")
        assert refused.code == 1
        assert "it is succeeded" in refused.err
        assert skedulr("resubmit", "--force", "succeeded", "--json").json == [
            {"name": "default/succeeded", "outcome": "resubmitted", "error": None}
        ]


class TestPause:
    def test_of_the_cluster_holds_until_resume(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("one")
        assert skedulr("pause", "--json").json == {"pool": None, "paused": True}
        assert shop.app.pools.all()[0].paused
        assert skedulr("resume").lines == ["The cluster goes on"]
        assert not shop.app.pools.all()[0].paused

    def test_of_a_pool_leaves_the_others_alone(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("one", pool="a")
        shop.queue("two", pool="b")
        answer = skedulr("pause", "a")
        assert answer.lines == ["Pool a is paused; `skedulr resume a` lets it go on"]
        assert [pool.paused for pool in shop.app.pools.all()] == [True, False]
        assert skedulr("resume", "a", "--json").json == {"pool": "a", "paused": False}

    def test_of_the_cluster_outlasts_the_resumption_of_a_pool(
        self, shop: Shop, skedulr: Command
    ) -> None:
        shop.queue("one", pool="a")
        shop.app.pause()
        assert skedulr("resume", "a", "--json").json == {"pool": "a", "paused": True}
        assert "The whole cluster is paused" in skedulr("resume", "a").out

    def test_of_a_pool_that_nobody_has_named_says_so(self, skedulr: Command) -> None:
        answer = skedulr("pause", "mial", "--json")
        assert answer.json == {"pool": "mial", "paused": True}
        assert "it is new" in answer.err


class TestScale:
    def test_sets_how_many_tasks_run_at_once(self, shop: Shop, skedulr: Command) -> None:
        shop.join()
        shop.queue("one")
        answer = skedulr("scale", "default", "4", "--json")
        assert answer.json == {"pool": "default", "limit": 4, "slots": SLOTS, "short": 0}
        assert shop.app.pools.all()[0].limit == 4
        lifted = skedulr("scale", "default", "none")
        assert lifted.lines == [
            f"Pool default: as many as there are slots at once; live workers have {SLOTS} slots."
        ]
        assert shop.app.pools.all()[0].limit is None

    def test_says_when_there_are_not_enough_slots(self, shop: Shop, skedulr: Command) -> None:
        shop.join()
        shop.queue("one")
        assert skedulr("scale", "default", "25", "--json").json["short"] == 25 - SLOTS
        assert "15 short" in skedulr("scale", "default", "25").out

    def test_sets_how_many_of_a_job_run_at_once(self, shop: Shop, skedulr: Command) -> None:
        shop.join()
        answer = skedulr("limit", "default", "greet", "2", "--json")
        assert answer.json == {"pool": "default", "job": "greet", "limit": 2}
        assert shop.app.pools.all()[0].job_limits == {"greet": 2}
        shop.queue("one", "two", "three")
        assert len(shop.claim(2)) == 2
        assert skedulr("explain", "three", "--json").json["reasons"][0]["code"] == "job_limit"
        assert skedulr("limit", "default", "greet", "none").lines == [
            "Job greet in pool default: as many as there are slots at once."
        ]
        assert shop.app.pools.all()[0].job_limits == {}

    def test_says_that_no_worker_knows_a_job(self, shop: Shop, skedulr: Command) -> None:
        shop.queue("one")
        shop.join()
        assert skedulr("limit", "default", "greet", "2").err == ""
        answer = skedulr("limit", "default", "gret", "2")
        assert answer.code == 0
        assert "no worker has named the job 'gret' in the pool 'default' yet" in answer.err

    @pytest.mark.parametrize("count", ["many", "1.5", "", "²"])
    def test_refuses_what_is_no_number(self, shop: Shop, skedulr: Command, count: str) -> None:
        answer = skedulr("scale", "default", count)
        assert answer.code == 2
        assert "give a whole number from 0 to 2,147,483,648, or none" in answer.err
        assert shop.app.pools.all() == []


class TestCapacity:
    def test_sets_at_how_many_tasks_a_pool_refuses_new_ones(
        self, shop: Shop, skedulr: Command
    ) -> None:
        shop.queue("one")
        answer = skedulr("capacity", "default", "2", "--json")
        assert answer.json == {"pool": "default", "max_capacity": 2, "unfinished": 1}
        shop.queue("two")
        refused = skedulr("enqueue", "greet")
        assert refused.code == 1
        assert "skedulr capacity default N" in refused.err
        listed = skedulr("pools", "--json").json
        assert [pool["max_capacity"] for pool in listed] == [2]
        assert "CAPACITY" in skedulr("pools").out

    def test_says_when_there_is_no_room(self, shop: Shop, skedulr: Command) -> None:
        shop.join()
        shop.queue("one", "two")
        assert skedulr("capacity", "default", "1").lines == [
            "Pool default: refuses new tasks at 1 unfinished ones; it has 2 now.",
            "It is full: new tasks are refused until some have ended.",
        ]
        assert "full" in skedulr("pools").out
        assert skedulr("capacity", "default", "none").lines == [
            "Pool default: takes any number of tasks; it has 2 now."
        ]
        assert "full" not in skedulr("pools").out

    @pytest.mark.parametrize("count", ["many", "0", "-1"])
    def test_refuses_what_is_no_number_of_tasks(
        self, shop: Shop, skedulr: Command, count: str
    ) -> None:
        answer = skedulr("capacity", "default", "--", count)
        assert answer.code == 2
        assert "give a whole number from 1 to 2,147,483,648, or none" in answer.err
        assert shop.app.pools.all() == []
