"""`control`: changes settings of the pool, and tells how it stands."""

import pytest

from skedulr import commands
from skedulr.commands import PoolSettings
from tests.scripts.snapshot import GONE
from tests.scripts.support import MINUTE, NOW, SECOND, Pool, score, wake

NO_LIMITS = PoolSettings(paused=False, limit=-1, capacity=-1, slots=0, running=0)


def test_what_is_not_given_stays(pool: Pool) -> None:
    assert pool.watch(commands.control(pool.keys)) == (NO_LIMITS, {})

    settings, changed = pool.watch(
        commands.control(pool.keys, {"limit": 5, "retention": 7, "history": 0})
    )
    assert settings == NO_LIMITS._replace(limit=5)
    assert changed == {"meta": {"limit": 5, "retention": 7, "history": 0}}

    settings, changed = pool.watch(commands.control(pool.keys, {"capacity": 9}))
    assert settings == NO_LIMITS._replace(limit=5, capacity=9)
    assert changed == {"meta": {"capacity": 9}}


def test_minus_one_removes_a_setting(pool: Pool) -> None:
    pool.control(limit=5, capacity=9, history=3, retention=7)

    settings, changed = pool.watch(
        commands.control(pool.keys, {"limit": -1, "capacity": -1, "history": -1, "retention": -1})
    )

    assert settings == NO_LIMITS
    assert changed == {"meta": dict.fromkeys(("limit", "capacity", "history", "retention"), GONE)}


def test_slots_and_running_tasks_are_counted_over_the_instances_that_were_seen_lately(
    pool: Pool,
) -> None:
    pool.join("w1", slots=100)
    pool.pass_time(MINUTE + SECOND)
    pool.join("w2", slots=10)
    pool.join("w3", slots=20)
    pool.submit("a", "b")
    pool.claim(2, instance="w2")

    settings = pool.ask(commands.control(pool.keys))

    assert (settings.slots, settings.running) == (30, 2)


# --- pause ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["paused", "pool_paused"])
def test_nobody_is_woken_in_a_paused_pool_and_everybody_when_it_goes_on(
    pool: Pool, setting: str
) -> None:
    pool.join("w1")
    pool.join("w2", ["job", "other"])
    pool.submit("a")

    settings, changed = pool.watch(commands.control(pool.keys, {setting: 1}))
    assert settings.paused
    assert changed == {
        "meta": {setting: 1},
        wake("job"): {"go": GONE},
        wake("job", "other"): {"go": GONE},
    }

    settings, changed = pool.watch(commands.control(pool.keys, {setting: 0}))
    assert not settings.paused
    assert changed == {
        "meta": {setting: 0},
        wake("job"): {"go": 0},
        wake("job", "other"): {"go": 0},
    }


def test_the_pause_of_the_cluster_and_that_of_the_pool_are_lifted_apart(pool: Pool) -> None:
    pool.control(paused=1, pool_paused=1)

    assert pool.ask(commands.control(pool.keys, {"paused": 0})).paused
    assert not pool.ask(commands.control(pool.keys, {"pool_paused": 0})).paused


def test_an_older_version_of_the_cluster_s_pause_changes_nothing(pool: Pool) -> None:
    _, changed = pool.watch(commands.control(pool.keys, {"paused": 1}, version=2))
    assert changed == {"meta": {"paused": 1, "pause_version": 2}}

    settings, changed = pool.watch(commands.control(pool.keys, {"paused": 0}, version=1))
    assert settings.paused
    assert changed == {}

    settings, changed = pool.watch(commands.control(pool.keys, {"paused": 0}, version=3))
    assert not settings.paused
    assert changed == {"meta": {"paused": 0, "pause_version": 3}}


def test_other_settings_are_taken_with_an_older_version_of_the_pause(pool: Pool) -> None:
    pool.ask(commands.control(pool.keys, {"paused": 1}, version=2))

    _, changed = pool.watch(commands.control(pool.keys, {"paused": 0, "limit": 3}, version=1))

    assert changed == {"meta": {"limit": 3}}


# --- limits --------------------------------------------------------------------------------------


def test_a_higher_limit_wakes_workers_and_a_lower_one_stops_nothing_that_runs(pool: Pool) -> None:
    pool.join("w1")
    pool.submit("a", "b", "c")
    pool.claim(2)

    settings, changed = pool.watch(commands.control(pool.keys, {"limit": 1}))
    assert (settings.limit, settings.running) == (1, 2)
    assert changed == {"meta": {"limit": 1}, wake(): {"go": GONE}}

    _, changed = pool.watch(commands.control(pool.keys, {"limit": 3}))
    assert changed == {"meta": {"limit": 3}, wake(): {"go": 0}}


def test_a_job_that_becomes_limited_counts_what_runs_already(pool: Pool) -> None:
    pool.join("w1", ["job", "other"])
    pool.submit("a", "b")
    pool.submit("x", job="other")
    pool.claim(3)
    pool.submit("c")
    pool.pass_time(SECOND)

    _, changed = pool.watch(commands.control(pool.keys, job_limits={"job": 2}))

    assert changed == {
        "limits": {"job": "+2"},
        "limited:job": {"a": NOW, "b": NOW},
        "ready": {"c": GONE},
        "held:limit:job": {"c": score(4)},
        "gates": {"limit:job": 0},
        "tasks": {"c": {"gate": "limit:job"}},
        wake("job", "other"): {"go": GONE},
    }


def test_a_limit_that_is_raised_counts_no_task_twice(pool: Pool) -> None:
    pool.join("w1")
    pool.limit("job", 1)
    pool.submit("a", "b")
    pool.claim(1)
    pool.claim(0)

    _, changed = pool.watch(commands.control(pool.keys, job_limits={"job": 2}))

    assert changed == {"limits": {"job": "+2"}, wake(): {"go": 0}}


def test_lifting_a_limit_brings_back_what_code_says(pool: Pool) -> None:
    pool.join("w1", job_limits={"job": 2})
    pool.limit("job", 9)
    pool.submit("a", "b", "c")
    pool.claim(3)

    _, changed = pool.watch(commands.control(pool.keys, job_limits={"job": -1}))

    assert changed == {"limits": {"job": 2}}
    assert pool.watch(commands.control(pool.keys, job_limits={"job": -1}))[1] == {}


def test_a_limit_that_is_lifted_opens_its_gate(pool: Pool) -> None:
    pool.join("w1")
    pool.limit("job", 1)
    pool.submit("a", "b")
    pool.claim(1)
    assert pool.queue("held:limit:job") == ["b"]

    _, changed = pool.watch(commands.control(pool.keys, job_limits={"job": -1}))

    assert changed == {
        "limits": {"job": GONE},
        "limited:job": {"a": GONE},
        wake(): {"go": 0},
    }
    assert [claim.id for claim in pool.claim(1)] == ["b"]
