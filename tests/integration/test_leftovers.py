"""A test run that leaves something behind fails, or cleans up after itself.

Each of these tests runs pytest on a file of its own, with the plugins of this test suite.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from tests.conftest import pytest_plugins
from tests.support.own_server import OwnServer
from tests.support.processes import is_alive
from tests.support.spawning import Spawn, Spawned

PLUGINS = [argument for name in pytest_plugins for argument in ("-p", name)]


@pytest.fixture
def run_pytest(spawn: Spawn, tmp_path: Path) -> Callable[..., Spawned]:
    """Run a text as a test file, and return when the run has ended."""

    def run(text: str, *arguments: str, **environment: str) -> Spawned:
        file = tmp_path / "test_inner.py"
        file.write_text(text)
        command = ["-m", "pytest", *PLUGINS, "-p", "no:cacheprovider", *arguments, str(file)]
        spawned = spawn(command, SKEDULR_TEST_PATIENCE="0.5", **environment)
        spawned.wait(60)
        return spawned

    return run


LEAVES_A_PROCESS = """
import subprocess
def test_that_leaves_a_process():
    process = subprocess.Popen(["sleep", "100"], start_new_session=True)
    process.returncode = 0  # forgotten, and Python is not to complain
    print("left", process.pid)
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_run_that_leaves_a_process_behind_fails_and_ends_it(
    run_pytest: Callable[..., Spawned], processes: str
) -> None:
    run = run_pytest(LEAVES_A_PROCESS, "-n", processes, "-rP")
    assert run.wait() == 1
    assert "these processes outlived the tests that started them" in run.output
    left = int(run.output.split("left ")[1].split()[0])
    assert f"{left}: sleep 100" in run.output
    assert not is_alive(left)


LEAVES_A_GRANDCHILD = """
def test_that_spawns(spawn):
    parent = spawn(["-c", "import subprocess; subprocess.Popen(['sleep', '100'])"])
    parent.wait()
"""


def test_a_spawned_program_that_leaves_a_process_behind_fails_its_test(
    run_pytest: Callable[..., Spawned],
) -> None:
    run = run_pytest(LEAVES_A_GRANDCHILD)
    assert run.wait() == 1
    assert "left processes behind" in run.output
    assert "sleep 100" in run.output
    assert "outlived the tests" not in run.output


LEAVES_A_KEY = """
def test_that_leaves_a_key(server, namespace, no_leaked_keys):
    server.client().set("{" + namespace + ":mail}:forgotten", "1")
def test_that_leaves_none(server, namespace, no_leaked_keys):
    server.client().set("{" + namespace + ":mail}:passing", "1", ex=60)
"""


def test_a_test_that_leaves_a_key_behind_fails(run_pytest: Callable[..., Spawned]) -> None:
    run = run_pytest(LEAVES_A_KEY)
    assert run.wait() == 1
    assert "2 passed, 1 error" in run.output
    assert ":mail}:forgotten" in run.output


USES_A_SERVER = """
def test_that_uses_it(server, namespace):
    assert server.client().get("of-another-program") == b"1"
    server.client().set("{" + namespace + ":mail}:ready", "1")
"""


def test_a_server_that_was_there_already_keeps_what_is_not_ours(
    run_pytest: Callable[..., Spawned], own_server: Callable[..., OwnServer]
) -> None:
    there = own_server(appendonly=False)
    client: Redis = there.client()
    client.set("of-another-program", "1")
    run = run_pytest(USES_A_SERVER, SKEDULR_TEST_REDIS=there.url)
    assert run.wait() == 0, run.output
    assert client.keys() == [b"of-another-program"]
