"""The coordinator as a process: it says where it listens, ends well, and refuses wrong settings."""

import os
import re
import signal
import sys
from pathlib import Path

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
    found = re.search(r"http://127\.0\.0\.1:\d+[^ ]*", said)
    assert found, said
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
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
    address_of(coordinator)
    wait_until(app.coordinators, what="its report")
    coordinator.kill()
    wait_until(lambda: not app.coordinators(), what="the end of its report")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        pytest.param("SKEDULR_PORT", "http", "SKEDULR_PORT is 'http'", id="port"),
        pytest.param("SKEDULR_HOST", "127.0.0.1.9", "without a token", id="host"),
        pytest.param("SKEDULR_HOST", "0.0.0.0", "set SKEDULR_TOKEN", id="open-host"),
        pytest.param("SKEDULR_TOKEN", "open-sesame", "16 or more", id="short-token"),
        pytest.param("SKEDULR_TOKEN_FILE", "/dev/null/x", "cannot be used", id="token-file"),
        pytest.param("SKEDULR_ROOT_PATH", "tasks/", "begin it with /", id="root-path"),
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
    assert "open-sesame" not in coordinator.output
    assert "open/sesame" not in coordinator.output


def test_it_says_that_an_address_cannot_be_listened_on(spawn: Spawn) -> None:
    coordinator = spawn(
        ["-m", "skedulr_coordinator"], SKEDULR_HOST="203.0.113.1", SKEDULR_TOKEN="t" * 16
    )
    assert coordinator.wait() == 2
    assert "cannot listen on 203.0.113.1" in coordinator.output
    assert "t" * 16 not in coordinator.output


def test_a_token_file_that_is_not_there_is_made_for_this_user_alone(
    server: Server, namespace: str, spawn: Spawn, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    coordinator = spawn(
        ["-m", "skedulr", "coordinator", "--port", "0", "--token-file", str(file)],
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )
    address = address_of(coordinator)
    token = file.read_text().strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(token) > 40
    assert httpx.get(f"{address}/api/overview").status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{address}/api/overview", headers=headers).status_code == 200
    assert token not in coordinator.output


def test_it_ends_at_once_though_somebody_listens(coordinator: Spawned) -> None:
    address = address_of(coordinator)
    with httpx.stream("GET", f"{address}/api/events?topic=overview") as events:
        lines = events.iter_lines()
        wait_until(lambda: next(lines).startswith("event:"), what="an event")
        coordinator.send(signal.SIGTERM)
        assert coordinator.wait(10) == 0


def test_a_prefix_that_a_proxy_cuts_off_stands_in_its_address(
    server: Server, namespace: str, spawn: Spawn, app: Skedulr
) -> None:
    coordinator = spawn(
        ["-m", "skedulr", "coordinator", "--port", "0", "--root-path", "/tasks"],
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )
    address = address_of(coordinator)
    wait_until(app.coordinators, what="its report")
    behind_the_proxy = address.removesuffix("/tasks")
    assert httpx.get(f"{behind_the_proxy}/readyz").status_code == 200
    assert httpx.get(f"{behind_the_proxy}/openapi.json").json()["servers"] == [{"url": "/tasks"}]


def test_modules_in_the_folder_in_which_it_is_started_stand_in_for_no_library_s(
    server: Server, namespace: str, spawn: Spawn, tmp_path: Path
) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit('this is the click of a user')\n")
    (tmp_path / "queue.py").write_text("raise SystemExit('this is the queue of a user')\n")
    command = ["skedulr", "coordinator", "--port", "0"]
    there = f"import os; os.chdir({str(tmp_path)!r}); os.execvp({command[0]!r}, {command})"
    coordinator = spawn(
        ["-P", "-c", there],
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        SKEDULR_REDIS_URL=server.url,
        SKEDULR_NAMESPACE=namespace,
    )
    assert httpx.get(f"{address_of(coordinator)}/readyz").json()["ready"]
    coordinator.send(signal.SIGTERM)
    assert coordinator.wait() == 0
