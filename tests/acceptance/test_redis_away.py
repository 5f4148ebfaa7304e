"""Redis goes and comes back: nothing is lost, nothing that lives runs twice, no loop stays down."""

import time
from collections.abc import Callable

from skedulr import Skedulr, State
from tests.acceptance.conftest import LEASE, StartWorker, Trace
from tests.support.own_server import OwnServer
from tests.support.waiting import wait_until

OwnServers = Callable[..., OwnServer]
Submitting = Callable[[str], Skedulr]


def submit_works(app: Skedulr, tries: int = 5) -> str:
    """Run one task to its end, and answer its id."""
    task = app.enqueue("note", args=["again"])
    task.result(timeout=20)
    return task.id


def test_tasks_that_run_while_redis_is_away_end_once_and_count(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker, trace: Trace
) -> None:
    redis = own_server()
    app = submitting(redis.url)
    worker = start_worker(url=redis.url)
    ends_away = app.enqueue("work", args=["ends-away", 1.0])
    ends_later = app.enqueue("work", args=["ends-later", 3 * LEASE + 2])
    waits = [app.enqueue("labour", args=[f"thread{n}", 0.8]) for n in range(3)]
    wait_until(lambda: len(trace.lines("begin")) == 5, what="five running tasks")
    redis.kill()
    worker.wait_for_output("no work with Redis")
    wait_until(lambda: len(trace.lines("end")) == 4, what="ends that nobody can be told of")
    time.sleep(LEASE)  # away for longer than a lease
    redis.start()
    worker.wait_for_output("works again")
    for task in [ends_away, ends_later, *waits]:
        assert task.result(timeout=20) > 0
    submit_works(app)
    begins = trace.labels("begin")
    assert len(begins) == len(set(begins)), "nothing ran twice"
    assert worker.output.count("no work with Redis") == 1
    assert worker.output.count("works again") == 1


def test_a_frozen_redis_makes_no_living_worker_lose_its_tasks(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker, trace: Trace
) -> None:
    redis = own_server(appendonly=False)
    app = submitting(redis.url)
    start_worker("--processes", "2", url=redis.url)
    long = [app.enqueue("work", args=[f"long{n}", 3 * LEASE + 3]) for n in range(4)]
    short = [app.enqueue("work", args=[f"short{n}", 0.5]) for n in range(4)]
    wait_until(lambda: len(trace.lines("begin")) == 8, what="eight running tasks")
    redis.freeze()
    time.sleep(2 * LEASE)
    redis.thaw()
    for task in [*short, *long]:
        assert task.result(timeout=20) > 0
    submit_works(app)
    begins = trace.labels("begin")
    assert len(begins) == len(set(begins)), "nothing ran twice"


def test_a_server_that_comes_back_empty_is_served_again(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker
) -> None:
    redis = own_server(appendonly=False)
    app = submitting(redis.url)
    start_worker("--pool", "default=2", "--pool", "other=2", url=redis.url)
    submit_works(app)
    redis.kill()
    redis.start()
    wait_until(lambda: redis.client().ping(), what="the server")
    submit_works(app)
    assert app.enqueue("note", args=["o"], pool="other").result(timeout=20) > 0


def test_flushed_scripts_are_loaded_again(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker, trace: Trace
) -> None:
    redis = own_server(appendonly=False)
    app = submitting(redis.url)
    start_worker(url=redis.url)
    task = app.enqueue("work", args=["long", 2 * LEASE])
    wait_until(lambda: trace.lines("begin"), what="a running task")
    for _ in range(5):
        redis.client().script_flush()
        submit_works(app)
    assert task.result(timeout=20) > 0
    assert trace.labels("begin").count("long") == 1


def test_a_full_server_still_drains(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker
) -> None:
    redis = own_server(appendonly=False)
    app = submitting(redis.url)
    tasks = [app.enqueue("note", args=[n]) for n in range(200)]
    redis.client().config_set("maxmemory", 1)
    start_worker(url=redis.url)
    wait_until(
        lambda: {task.status() for task in tasks[::20]} == {State.SUCCEEDED}, 20, "the drain"
    )
    redis.client().config_set("maxmemory", 0)
    submit_works(app)


def test_a_worker_waits_for_a_server_that_is_not_there_yet(
    own_server: OwnServers, submitting: Submitting, start_worker: StartWorker
) -> None:
    redis = own_server()
    app = submitting(redis.url)
    redis.stop()
    worker = start_worker(url=redis.url, ready=False)
    worker.wait_for_output("no work with Redis")
    redis.start()
    worker.wait_for_output("has started")
    submit_works(app)
    assert worker.output.count("no work with Redis") == 1


def test_a_wrong_password_ends_the_worker_with_a_word_that_does_not_show_it(
    own_server: OwnServers, start_worker: StartWorker
) -> None:
    redis = own_server()
    host = redis.url.rpartition("@")[2]
    worker = start_worker(url=f"redis://:sesame-wrong@{host}", ready=False)
    assert worker.wait(20) == 2
    assert "refuses the user or the password" in worker.output
    assert "sesame-wrong" not in worker.output
    assert "Traceback" not in worker.output


def test_a_server_that_drops_data_when_it_is_full_is_refused(
    own_server: OwnServers, start_worker: StartWorker
) -> None:
    redis = own_server(config={"maxmemory-policy": "allkeys-lru"})
    worker = start_worker(url=redis.url, ready=False)
    assert worker.wait(20) == 2
    assert "allkeys-lru" in worker.output
    assert "noeviction" in worker.output
    start_worker("--allow-eviction", url=redis.url)
