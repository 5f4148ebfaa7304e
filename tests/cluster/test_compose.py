"""The cluster of ``docker-compose.yml``, brought up for real."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.cluster.compose import Cluster, engine_answers
from tests.support.waiting import wait_until

WORKERS = 3
COUNT = 1000

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not engine_answers():
        pytest.skip("no Docker engine answers, or there is no compose command")
    found = Cluster(
        f"skedulr-test-{uuid.uuid4().hex[:8]}", {"COUNT": str(COUNT), "COORDINATOR_PORT": "0"}
    )
    found.build()
    try:
        found.up(["redis", "worker", "coordinator"], workers=WORKERS)
        yield found
    finally:
        found.down()


def reporting_workers(cluster: Cluster) -> int:
    return sum(each["role"] == "worker" for each in json.loads(cluster.ask("instances", "--json")))


def test_three_workers_run_a_thousand_tasks_each_once(cluster: Cluster) -> None:
    assert len(cluster.containers("worker")) == WORKERS
    wait_until(lambda: reporting_workers(cluster) == WORKERS, timeout=60, what="three workers")

    summary = cluster.produce()  # it fails unless every task ran exactly once

    assert str(COUNT) in summary
    pools = json.loads(cluster.ask("pools", "--json"))
    assert sum(pool["counts"]["succeeded"] for pool in pools) == COUNT
    assert not any(pool["counts"]["running"] or pool["counts"]["queued"] for pool in pools)


def test_the_coordinator_answers_whoever_has_its_token(cluster: Cluster) -> None:
    address = f"http://{cluster.published('coordinator', 8080)}"
    wait_until(lambda: is_ready(address), timeout=60, what="the coordinator")
    token = cluster.inside("coordinator", "cat", "coordinator.token").strip()

    assert httpx.get(f"{address}/api/overview").status_code == 401
    answer = httpx.get(f"{address}/api/overview", headers={"Authorization": f"Bearer {token}"})

    assert answer.json()["namespace"] == "cluster"
    assert answer.json()["coordinators"] == 1


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_stopped_worker_container_leaves_the_cluster(cluster: Cluster) -> None:
    cluster.up(["worker"], workers=1)

    wait_until(lambda: reporting_workers(cluster) == 1, timeout=60, what="one worker")
    assert str(COUNT) in cluster.produce()
