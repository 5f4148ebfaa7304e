"""Every role lives through every outage and comes back by itself: nothing that lives runs twice,
and what gets lost is what Redis has lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from skedulr import Skedulr, SkedulrError, State, Task, UnknownTask
from tests.acceptance.conftest import StartWorker, Trace
from tests.acceptance.weather import WEATHERS, Weather
from tests.integration.client.proxy import Proxy
from tests.support.own_server import OwnServer
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.timeout(180), pytest.mark.outages]

LEASE = 4.0
LASTS = 5.0
"""Seconds of an outage: longer than the lease, and than the gap that makes sweeps hold back."""

GENEROUS = 15.0
"""Seconds that no call of a producer with a limit of 5 may take."""

OwnServers = Callable[..., OwnServer]


class Cluster:
    """One of each role, all behind one proxy."""

    def __init__(self, redis: OwnServer, proxy: Proxy, app: Skedulr, trace: Trace) -> None:
        self.redis = redis
        self.proxy = proxy
        self.app = app
        self.trace = trace
        self.worker: Spawned
        self.coordinator: Spawned

    @property
    def page(self) -> str:
        """Where the coordinator listens."""
        found = re.search(r"http://127\.0\.0\.1:\d+", self.coordinator.output)
        assert found, self.coordinator.output
        return found[0]

    def is_ready(self) -> bool:
        """Whether the coordinator says so."""
        try:
            return httpx.get(f"{self.page}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def loops(self) -> dict[str, str]:
        """The state of every loop of every role that reports."""
        reports = [*self.app.workers(), *self.app.coordinators()]
        parts = [part for report in reports for part in (report, *report.get("children", ()))]
        return {loop["name"]: loop["state"] for part in parts for loop in part["loops"]}

    def all_loops_work(self) -> bool:
        """Whether worker and coordinator report, and nothing of them ails."""
        try:
            loops = self.loops()
        except SkedulrError:
            return False
        return {"heartbeat", "claim default", "sweep", "record"} <= set(loops) and set(
            loops.values()
        ) <= {"working", "resting"}


@pytest.fixture
def cluster(
    own_server: OwnServers,
    submitting: Callable[[str], Skedulr],
    start_worker: StartWorker,
    spawn: Spawn,
    namespace: str,
    trace: Trace,
) -> Iterator[Cluster]:
    redis = own_server()
    proxy = Proxy(redis.url)
    made = Cluster(redis, proxy, submitting(proxy.url), trace)
    made.worker = start_worker("--lease", f"{LEASE}s", "--processes", "2", url=proxy.url)
    made.coordinator = spawn(
        ["-m", "skedulr_coordinator"],
        SKEDULR_PORT="0",
        SKEDULR_REDIS_URL=proxy.url,
        SKEDULR_NAMESPACE=namespace,
    )
    made.coordinator.wait_for_output("this machine only")
    wait_until(made.all_loops_work, 30, "all roles at work")
    yield made
    proxy.close()


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    """A thread for what waits."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def labels_once(trace: Trace) -> bool:
    begun = trace.labels("begin")
    return len(begun) == len(set(begun))


@pytest.mark.parametrize("weather", WEATHERS, ids=str)
def test_all_roles_come_back_and_nothing_is_lost_or_run_twice(
    cluster: Cluster, weather: Weather, elsewhere: ThreadPoolExecutor
) -> None:
    app, trace = cluster.app, cluster.trace
    through = app.enqueue("work", args=["through", LASTS + LEASE + 2])
    within = [
        app.enqueue("work", args=["within", 1.5]),
        app.enqueue("labour", args=["thread", 1.5]),
    ]
    due = app.enqueue("note", args=["due"], delay=2)
    wait_until(lambda: len(trace.lines("begin")) == 3, what="running tasks")
    awaiting = elsewhere.submit(through.result, 90)
    direct = cluster.redis.client()
    wait_until(lambda: direct.exists(app.keys("default").waiters), what="who waits for the result")

    weather.begin(cluster.redis, cluster.proxy)
    began = time.monotonic()
    accepted: list[Task[Any]] = []
    refused: list[SkedulrError] = []
    while time.monotonic() - began < LASTS:
        asked = time.monotonic()
        try:
            accepted.append(app.enqueue("note", args=[f"meanwhile{len(accepted)}"]))
        except SkedulrError as error:
            refused.append(error)
        assert time.monotonic() - asked < GENEROUS
        time.sleep(0.5)
    weather.end(cluster.redis, cluster.proxy)

    assert all(isinstance(error, weather.errors) for error in refused), refused
    for task in [through, *within, due, *accepted]:
        assert task.result(timeout=40) is not None
    if weather.refuses_login:
        assert awaiting.exception(20), "that does not pass by itself"
    else:
        assert awaiting.result(20), "whoever waited through all of it has got the result"
    assert app.enqueue("note", args=["after"]).result(timeout=20)
    wait_until(cluster.is_ready, 20, "a coordinator that is ready")
    wait_until(cluster.all_loops_work, 30, f"loops that work, not {cluster.loops()}")
    assert labels_once(trace), trace.labels("begin")
    for role in (cluster.worker, cluster.coordinator):
        assert role.is_running
        assert "Traceback" not in role.output
        assert "another" not in role.output, "no password in a log"


class TestLost:
    """Redis itself loses something."""

    def test_an_empty_server_has_lost_all_and_everyone_begins_anew(
        self,
        own_server: OwnServers,
        submitting: Callable[[str], Skedulr],
        start_worker: StartWorker,
        trace: Trace,
    ) -> None:
        redis = own_server(appendonly=False)
        app = submitting(redis.url)
        worker = start_worker("--pool", "default=2", "--pool", "mail=2", url=redis.url)
        running = app.enqueue("work", args=["running", 2.5])
        waiting = app.enqueue("note", args=["waiting"], delay=3600)
        wait_until(lambda: trace.lines("begin"), what="a running task")
        redis.kill()
        redis.start()
        client = submitting(redis.url)  # one that has registered nothing
        wait_until(
            lambda: [pool.name for pool in client.pools.all()] == ["default", "mail"],
            20,
            "the worker's word for its pools",
        )
        for task in (running, waiting):
            with pytest.raises(UnknownTask):
                task.status()
        worker.wait_for_output("was lost while it ran")
        delayed = client.enqueue("note", args=["delayed"], delay=0.5, pool="mail")
        assert delayed.result(timeout=20)
        assert trace.labels("begin") == ["running", "delayed"]
        assert worker.is_running

    def test_a_failover_loses_what_the_replica_had_not_heard_and_no_more(
        self, cluster: Cluster, own_server: OwnServers
    ) -> None:
        app, trace, old = cluster.app, cluster.trace, cluster.redis
        new = own_server()
        password = urlsplit(old.url).password or ""
        admin = new.client()
        admin.config_set("masterauth", password)
        old.client().config_set("repl-diskless-sync-delay", 0)
        admin.replicaof("127.0.0.1", str(old.port))

        def is_in_step() -> bool:
            told: Any = admin.info("replication")
            return bool(told["master_link_status"] == "up")

        wait_until(is_in_step, 20, "a replica in step")
        running = app.enqueue("work", args=["running", 8.0])
        ending = app.enqueue("work", args=["ending", 3.0])
        wait_until(lambda: len(trace.lines("begin")) == 2, what="running tasks")
        running_key = app.keys("default").running
        wait_until(lambda: admin.zcard(running_key) == 2, 20, "a replica that knows both")
        admin.replicaof("NO", "ONE")
        admin.config_set("requirepass", password)
        # From here on the old one acknowledges what nobody will remember.
        forgotten = app.enqueue("note", args=["forgotten"])
        assert forgotten.result(timeout=10)
        assert ending.result(timeout=10)
        old.kill()
        cluster.proxy.server = ("127.0.0.1", new.port)
        cluster.proxy.cut()

        wait_until(cluster.all_loops_work, 40, "roles at work on the new one")
        with pytest.raises(UnknownTask):
            forgotten.status()
        assert running.result(timeout=30)
        assert ending.result(timeout=30), "its end was forgotten, so it ran again"
        begun = trace.labels("begin")
        assert (begun.count("running"), begun.count("ending")) == (1, 2)
        assert app.enqueue("note", args=["after"]).result(timeout=20)
        assert {task.status() for task in (running, ending)} == {State.SUCCEEDED}
