"""The coordinator as a process: it says where it listens, ends well, and refuses wrong settings."""

import re
import signal

import httpx
import pytest

from skedulr import Skedulr
from tests.support.servers import Server
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import wait_until


@pytest.fixture
def coordinator(server: Server, namespace: str, spawn: Spawn) -> Spawned:
    """Give a coordinator that listens on a free port."""
    return spawn(
        ["-m", "skedulr_coordinator"],
        SKEDULR_PORT="0",
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )


def address_of(coordinator: Spawned) -> str:
    said = coordinator.wait_for_output("this machine only")
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found, said
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_well_when_asked(
    coordinator: Spawned, number: int
) -> None:
    address = address_of(coordinator)
    assert httpx.get(f"{address}/readyz").json() == {"ready": True, "reason": None}
    coordinator.send(number)
    assert coordinator.wait() == 0
    assert "Traceback" not in coordinator.output
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")


def test_it_stands_in_the_registry_while_it_lives(coordinator: Spawned, app: Skedulr) -> None:
    address = address_of(coordinator)
    (report,) = wait_until(app.coordinators, what="its report")
    assert report["address"] == address
    assert report["pid"] == coordinator.pid
    assert {"record", "sweep"} <= {loop["name"] for loop in report["loops"]}
    coordinator.send(signal.SIGTERM)
    assert coordinator.wait() == 0
    assert app.coordinators() == []


def test_a_killed_one_leaves_the_registry_by_itself(coordinator: Spawned, app: Skedulr) -> None:
    wait_until(app.coordinators, what="its report")
    coordinator.kill()
    wait_until(lambda: not app.coordinators(), what="the end of its report")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        pytest.param("SKEDULR_PORT", "http", "SKEDULR_PORT is 'http'", id="port"),
        pytest.param("SKEDULR_HOST", "203.0.113.1", "cannot listen on 203.0.113.1", id="host"),
        pytest.param(
            "SKEDULR_REDIS_URL",
            "redis://:open/sesame@localhost",
            "is no Redis URL",
            id="redis-url",
        ),
    ],
)
def test_it_refuses_a_wrong_setting(spawn: Spawn, name: str, value: str, complaint: str) -> None:
    coordinator = spawn(["-m", "skedulr_coordinator"], **{"SKEDULR_PORT": "0", name: value})
    assert coordinator.wait() == 2
    assert complaint in coordinator.output
    assert "Traceback" not in coordinator.output
    assert "open" not in coordinator.output
