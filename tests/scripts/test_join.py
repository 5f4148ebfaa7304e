"""`join`: an instance enters the pool, or says again what it can do."""

from skedulr import commands
from skedulr.commands import job_class
from tests.scripts.snapshot import GONE
from tests.scripts.support import LEASE, SECOND, Pool, score, wake


def join(pool: Pool, *jobs: str, **given: object) -> commands.Command[bool]:
    """The command of w1."""
    usual = {"lease_ms": LEASE, "slots": 10}
    return commands.join(pool.keys, "w1", jobs, **{**usual, **given})  # type: ignore[arg-type]  # a dict loses their types


def test_an_instance_is_known_by_its_class_its_lease_and_its_slots(pool: Pool) -> None:
    name, text = job_class(["b", "a"])

    paused, changed = pool.watch(join(pool, "b", "a"))

    assert not paused
    assert text == "1 any /a/b/"
    assert changed == {
        "inst": {"w1": {"number": 0, "class": name, "lease_ms": LEASE, "slots": 10, "gave": []}},
        "classes": {name: text},
        "seen": {"w1": pool.now},
    }


def test_joining_again_changes_what_is_new_and_keeps_the_number_and_what_was_given(
    pool: Pool,
) -> None:
    pool.ask(join(pool, "job"))
    pool.submit("a")
    exchange = pool.next_exchange("w1", free=1)
    first = pool.ask(exchange)
    now = pool.pass_time(SECOND)
    name, text = job_class(["job", "other"])

    _, changed = pool.watch(join(pool, "job", "other", slots=20))

    assert changed == {
        "inst": {"w1": {"class": name, "slots": 20}},
        "classes": {name: text},
        "seen": {"w1": now},
    }
    assert pool.ask(exchange).claims == first.claims


def test_who_knows_the_same_jobs_is_of_one_class(pool: Pool) -> None:
    pool.join("w1", ["a", "b"])
    pool.join("w2", ["b", "a"])
    pool.join("w3", ["a", "b"], solo=True)

    assert set(pool.snapshot()["classes"].values()) == {"1 any /a/b/", "1 solo /a/b/"}


def test_a_new_instance_is_woken_by_what_it_can_run(pool: Pool) -> None:
    pool.submit("a")

    _, changed = pool.watch(join(pool, "job"))

    assert changed[wake()] == {"go": 0}


def test_what_the_new_instance_does_not_know_steps_aside_from_the_front(pool: Pool) -> None:
    pool.submit("a", "b", job="other")
    pool.submit("c")
    pool.join("w2", ["job", "other"])

    _, changed = pool.watch(join(pool, "job"))

    assert changed["held:job:other"] == {"a": score(1), "b": score(2)}
    assert pool.queue() == ["c"]
    assert pool.marked("job", "other")
    assert pool.marked("job")


def test_a_paused_pool_says_so(pool: Pool) -> None:
    pool.submit("a")
    pool.control(pool_paused=1)

    paused, changed = pool.watch(join(pool, "job"))

    assert paused
    assert wake() not in changed


def test_limits_of_jobs_are_set_and_count_what_runs_already(pool: Pool) -> None:
    pool.join("w2")
    pool.submit("a", "b", "c")
    pool.claim(2, instance="w2")
    started = pool.now
    pool.pass_time(SECOND)

    _, changed = pool.watch(join(pool, "job", job_limits={"job": 2, "other": 7}))

    assert changed["limits"] == changed["declared"] == {"job": 2, "other": 7}
    assert changed["limited:job"] == {"a": started, "b": started}
    assert changed["held:limit:job"] == {"c": score(3)}
    assert not pool.marked()


def test_a_limit_that_somebody_has_set_stays_whatever_code_says(pool: Pool) -> None:
    pool.limit("job", 5)

    _, changed = pool.watch(join(pool, "job", job_limits={"job": 2}))
    assert changed["declared"] == {"job": 2}
    assert "limits" not in changed
    _, changed = pool.watch(join(pool, "job", job_limits={"job": -1}))
    assert changed == {"declared": {"job": GONE}}


def test_a_limit_that_code_says_no_more_is_gone(pool: Pool) -> None:
    pool.ask(join(pool, "job", job_limits={"job": 2}))

    _, changed = pool.watch(join(pool, "job", job_limits={"job": -1}))

    assert changed == {"limits": {"job": GONE}, "declared": {"job": GONE}}
