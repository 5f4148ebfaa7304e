"""Worker containers that are killed: who lives on the host, or starts, takes their tasks at once.

The lease is ten minutes: whatever runs again before was proved dead by a lock file.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.compose import Cluster, engine_answers
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1500)]

PATIENCE = 120.0
"""Seconds, for a container that has to start, too; a fifth of the lease."""


@pytest.fixture(scope="module")
def harbour() -> Iterator[Cluster]:
    if not engine_answers():
        pytest.skip("no Docker engine answers, or there is no compose command")
    found = Cluster(
        f"skedulr-test-{uuid.uuid4().hex[:8]}",
        {"COORDINATOR_PORT": "0"},
        overrides=[Path(__file__).with_name("deaths.yml")],
    )
    found.build()
    try:
        found.up(["redis", "coordinator"], workers=0)
        yield found
    finally:
        found.down()


@pytest.fixture
def cluster(harbour: Cluster) -> Iterator[Cluster]:
    """Without workers, before and after."""
    yield harbour
    harbour.up(["worker"], workers=0)


def asked(cluster: Cluster, *command: str) -> Any:
    """What a skedulr command answers in the coordinator's container, which no test kills."""
    return json.loads(cluster.inside("coordinator", "skedulr", *command, "--json"))


def stay(cluster: Cluster) -> str:
    """Submit a task that ends with its container; its id."""
    task = asked(cluster, "enqueue", "stay", "600", "--json-args")
    return str(task["id"])


def runner(cluster: Cluster, task: str) -> str:
    """The instance that runs the task now, empty where none does; it begins with the container's
    name.
    """
    info = asked(cluster, "task", task)
    return str(info["instance"]) if info["state"] == "running" else ""


def running(cluster: Cluster, *tasks: str) -> list[str]:
    """Who runs each task, once all of them run."""
    wait_until(lambda: all(runner(cluster, task) for task in tasks), PATIENCE, "running tasks")
    return [runner(cluster, task) for task in tasks]


def is_of(instance: str, container: str) -> bool:
    return instance.startswith(container[:12])


def moved(cluster: Cluster, task: str, instance: str) -> str:
    """Who runs the task after that instance."""
    wait_until(
        lambda: runner(cluster, task) not in ("", instance), PATIENCE, "the task to run again"
    )
    info = asked(cluster, "task", task)
    assert (info["crashes"], info["losses"]) == (0, 1), "the task was not to blame"
    cluster.inside("coordinator", "skedulr", "cancel", task)
    return str(info["instance"])


def one_at_work(cluster: Cluster) -> tuple[str, str, str]:
    """A container, a task that it runs, and the instance that does."""
    cluster.up(["worker"], workers=1)
    [container] = cluster.containers("worker")
    task = stay(cluster)
    [instance] = running(cluster, task)
    assert is_of(instance, container)
    return container, task, instance


def test_a_killed_container_that_is_started_again_takes_its_tasks_up_at_once(
    cluster: Cluster,
) -> None:
    container, task, former = one_at_work(cluster)

    cluster.kill(container)
    cluster.start(container)

    assert is_of(moved(cluster, task, former), container)


def test_a_container_takes_up_what_the_one_that_it_replaces_was_running(cluster: Cluster) -> None:
    container, task, former = one_at_work(cluster)

    cluster.remove(container)
    cluster.up(["worker"], workers=1)

    [successor] = cluster.containers("worker")
    assert successor != container
    assert is_of(moved(cluster, task, former), successor)


def test_a_container_takes_up_what_one_that_is_killed_beside_it_was_running(
    cluster: Cluster,
) -> None:
    victim, task, former = one_at_work(cluster)
    cluster.up(["worker"], workers=2)
    [survivor] = set(cluster.containers("worker")) - {victim}
    tasks = [stay(cluster) for _ in range(8)]
    before = dict(zip(tasks, running(cluster, *tasks), strict=True))
    theirs = [each for each in tasks if is_of(before[each], survivor)]
    assert theirs, "the survivor runs tasks of its own"

    cluster.kill(victim)

    assert is_of(moved(cluster, task, former), survivor)
    assert [runner(cluster, each) for each in theirs] == [before[each] for each in theirs]
    for each in tasks:
        cluster.inside("coordinator", "skedulr", "cancel", each)
