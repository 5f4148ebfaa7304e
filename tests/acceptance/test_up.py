"""`skedulr up` starts everything on this machine, tends it, and leaves nothing when it ends."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from skedulr import State
from skedulr.embedded.ports import HOST, free_ports, is_free
from tests.acceptance.up_support import ENDS_WITHIN, SHOP, Home, place
from tests.support.own_server import OwnServer
from tests.support.processes import is_alive
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import wait_until


@pytest.fixture
def home(spawn: Spawn, tmp_path: Path) -> Iterator[Home]:
    home = Home(spawn, tmp_path)
    yield home
    home.close()


def role(up: Spawned, module: str) -> psutil.Process:
    """The process of a role of `up`, the parent of all others with that command line."""
    return min(runs(up, module), key=lambda process: process.create_time())


def next_worker(up: Spawned, known: set[int]) -> psutil.Process:
    """The first process of another worker; those of the last one may still be about to end."""
    wait_until(lambda: {each.pid for each in runs(up, "skedulr_worker")} - known, 20, "a worker")
    found = [each for each in runs(up, "skedulr_worker") if each.pid not in known]
    known.update(each.pid for each in found)
    return min(found, key=lambda process: process.create_time())


def runs(up: Spawned, module: str) -> list[psutil.Process]:
    """The processes of `up` that run a module, or a program."""
    found = []
    for pid in up.descendants():
        with suppress(psutil.NoSuchProcess):
            line = psutil.Process(pid).cmdline()
            if module in line or (line and module in os.path.basename(line[0])):
                found.append(psutil.Process(pid))
    return found


class TestTogether:
    def test_everything_is_started_found_and_used(self, home: Home, tmp_path: Path) -> None:
        up = home.start_shop()
        url = place(up, "coordinator")
        assert httpx.get(f"{url}/readyz").json()["ready"] is True
        assert place(up, "Redis").startswith(f"redis://{HOST}:")
        assert place(up, "data") == str(home.data)
        assert "@" not in up.output, "no address with a password is shown"

        answer = home.ask("enqueue", "add", "2", "3", "--json-args", "--wait")
        assert answer["result"] == 5
        status = home.ask("status")
        assert status["namespace"] == "up-shop", "commands take the namespace of what runs here"
        assert status["counts"]["succeeded"] == 1
        assert status["instances"][0]["pools"]["default"]["slots"] > 0

        home.app.enqueue("say", args=["hello-from-a-job"])
        assert "worker | hello-from-a-job" in up.wait_for_output("hello-from-a-job")

    def test_without_an_app_a_worker_joins_by_itself(self, home: Home, spawn: Spawn) -> None:
        home.start("--namespace=up-shop")
        worker = spawn(["-m", "skedulr", "worker", SHOP], **home.environment)
        assert home.app.enqueue("add", args=[1, 1]).result(timeout=20) == 2
        worker.send(signal.SIGTERM)
        assert worker.wait() == 0, "the signal reaches the worker itself"

    def test_a_coordinator_of_its_own_finds_the_server_too(self, home: Home, spawn: Spawn) -> None:
        home.start()
        coordinator = spawn(["-m", "skedulr", "coordinator", "--port=0"], **home.environment)
        said = coordinator.wait_for_output("http://")
        url = said[said.index("http://") :].split()[0]
        assert httpx.get(f"{url}/readyz").json()["ready"] is True
        coordinator.send(signal.SIGTERM)
        assert coordinator.wait() in (0, -signal.SIGTERM)

    def test_a_server_that_is_named_is_used_and_not_ended(
        self, home: Home, own_server: Callable[..., OwnServer]
    ) -> None:
        redis = own_server(appendonly=False)
        up = home.start(SHOP, "--redis", redis.url)
        assert "private Valkey" not in up.output
        assert home.is_free
        up.send(signal.SIGTERM)
        assert up.wait(ENDS_WITHIN) == 0
        assert redis.client().ping()


class TestTheEnd:
    @pytest.mark.parametrize("ask", ["press_ctrl_c", "terminate", "hang_up"])
    def test_lets_running_tasks_finish(self, home: Home, tmp_path: Path, ask: str) -> None:
        up = home.start_shop()
        port = int(place(up, "Redis").split(":")[2].split("/")[0])
        home.app.enqueue("work", args=[str(tmp_path), 0.5])
        wait_until((tmp_path / "begun").exists, what="the task to begin")
        if ask == "terminate":
            up.send(signal.SIGTERM)
        elif ask == "hang_up":
            os.killpg(up.pid, signal.SIGHUP)
        else:
            up.press_ctrl_c()
        assert up.wait(ENDS_WITHIN) == 0
        assert (tmp_path / "finished").exists()
        assert up.descendants() == []
        assert home.is_free
        assert is_free(port)

    def test_comes_at_once_when_asked_for_twice(self, home: Home, tmp_path: Path) -> None:
        up = home.start_shop("--grace=300s")
        home.app.enqueue("work", args=[str(tmp_path), 60])
        wait_until((tmp_path / "begun").exists, what="the task to begin")
        up.press_ctrl_c()
        up.wait_for_output("a second signal")  # two of them before the first is heard are one
        up.press_ctrl_c()
        assert up.wait(ENDS_WITHIN) == 130, "before the grace is over"
        assert not (tmp_path / "finished").exists()
        assert up.descendants() == []

    def test_comes_even_if_it_is_killed(self, home: Home, tmp_path: Path) -> None:
        up = home.start_shop()
        home.app.enqueue("work", args=[str(tmp_path), 60])
        wait_until((tmp_path / "begun").exists, what="the task to begin")
        runner = int((tmp_path / "begun").read_text())
        port = int(place(up, "Redis").split(":")[2].split("/")[0])
        assert len(up.descendants()) >= 6, "keepers, Valkey, coordinator, worker and its process"
        up.kill()
        wait_until(lambda: not up.descendants(), 8, "the end of all that it has started")
        assert not is_alive(runner)
        assert is_free(port)
        assert home.is_free

    def test_before_it_is_up_leaves_nothing_either(self, home: Home) -> None:
        up = home.begin(SHOP)
        wait_until(up.descendants, what="something to be started")
        up.send(signal.SIGTERM)
        assert up.wait(ENDS_WITHIN) == 130
        wait_until(lambda: not up.descendants(), what="the end of what was just being started")

    def test_once_comes_when_no_task_is_left(self, home: Home) -> None:
        up = home.start(SHOP, "--workers=0")
        home.app.enqueue("add", args=[1, 2])
        home.app.enqueue("add", args=[1, 2], delay=1)
        up.send(signal.SIGTERM)
        assert up.wait(ENDS_WITHIN) == 0
        again = home.begin(SHOP, "--once", "--json")
        assert again.wait(ENDS_WITHIN) == 0
        assert '"succeeded": 2' in again.output


class TestTheNextOne:
    def test_has_the_tasks_that_waited_when_the_last_one_was_killed(self, home: Home) -> None:
        first = home.start_shop()
        home.app.pause()
        home.app.enqueue("add", args=[20, 22], id="kept")
        home.app.enqueue("add", args=[1, 1], id="later", delay="1h")
        home.wait_until_durable()
        first.kill()
        home.start_shop()
        rows = home.ask("tasks")
        assert [(row["id"], row["state"]) for row in rows] == [
            ("kept", "queued"),
            ("later", "scheduled"),
        ]
        home.app.resume()
        assert home.app.task("kept").result(timeout=10) == 42

    def test_cannot_be_on_the_same_folder(self, home: Home) -> None:
        first = home.start()
        second = home.begin()
        assert second.wait() == 1
        assert "a server runs on the data folder" in second.output
        assert f"started by process {first.pid}" in second.output
        assert second.descendants() == []
        assert first.is_running


class TestADeath:
    def test_of_the_worker_is_followed_by_another(self, home: Home) -> None:
        up = home.start_shop()
        worker = role(up, "skedulr_worker")
        worker.kill()
        said = up.wait_for_output("It is started again")
        assert "the worker ended by signal 9" in said
        assert (
            home.ask("enqueue", "add", "1", "2", "--json-args", "--wait-limit=20s")["result"] == 3
        )
        assert role(up, "skedulr_worker").pid != worker.pid

    def test_of_one_worker_after_the_other_ends_it(self, home: Home) -> None:
        up = home.start_shop()
        known: set[int] = set()
        for said in ("It is started again in 1 s", "It is started again in 2 s"):
            next_worker(up, known).kill()
            up.wait_for_output(said)
        next_worker(up, known).kill()
        assert up.wait(ENDS_WITHIN) == 1, "three short lives in a row are enough"
        assert "It cannot run like this" in up.output
        assert up.descendants() == []

    def test_of_the_server_is_followed_by_another_with_the_same_tasks(self, home: Home) -> None:
        up = home.start_shop()
        home.app.enqueue("add", args=[1, 2], id="later", delay="1h")
        url = home.url
        home.wait_until_durable()
        role(up, "valkey-server").kill()
        up.wait_for_output("the Valkey server ended")
        assert home.url == url
        assert home.app.task("later").status() is State.SCHEDULED
        assert home.app.enqueue("add", args=[2, 2]).result(timeout=20) == 4

    def test_that_nothing_can_mend_ends_it_with_the_reason(self, home: Home) -> None:
        up = home.begin(SHOP, SKEDULR_LEASE="soon")
        assert up.wait(ENDS_WITHIN) == 1
        assert "the worker ended with exit code 2" in up.output
        assert "lease" in up.output
        assert "Traceback" not in up.output
        assert up.descendants() == []


class TestARefusal:
    @pytest.mark.parametrize(
        ("args", "complaint"),
        [
            (["nowhere:app"], "there is no module 'nowhere'"),
            (["tests.acceptance.up_shop"], "give MODULE:APP"),
            (["tests.acceptance.up_shop:add"], "not a Skedulr app"),
            ([SHOP, "--demo"], "--demo brings an app of its own"),
            ([SHOP, "--grace=soon"], "--grace cannot be 'soon'"),
            (["--redis=http://:open-sesame@localhost"], "is no Redis URL"),
        ],
    )
    def test_of_a_wrong_wish_comes_before_anything_is_started(
        self, home: Home, args: list[str], complaint: str
    ) -> None:
        up = home.begin(*args)
        assert up.wait() == 2
        assert complaint in up.output
        assert "open-sesame" not in up.output
        assert "Traceback" not in up.output
        assert not home.data.exists()

    @pytest.mark.parametrize("option", ["--coordinator-port", "--port"])
    def test_of_a_taken_port_names_it(self, home: Home, option: str) -> None:
        with socket.create_server((HOST, next(free_ports()))) as other:
            port = other.getsockname()[1]
            up = home.begin(f"{option}={port}")
            assert up.wait() in (1, 2)
        assert f"port {port}" in up.output
        assert "Traceback" not in up.output
        assert up.descendants() == []

    def test_of_a_server_that_is_away_says_what_would_help(self, home: Home) -> None:
        up = home.begin(SHOP, "--redis=redis://:open-sesame@127.0.0.1:1/0")
        assert up.wait() == 4
        assert "no answer from Redis at redis://127.0.0.1:1/0" in up.output
        assert "a private one is started" in up.output
        assert "open-sesame" not in up.output

    def test_of_a_folder_that_cannot_be_written_names_it(self, home: Home) -> None:
        home.state.write_text("a file, where a folder is wanted")
        up = home.begin()
        assert up.wait() == 1
        assert str(home.state) in up.output
        assert "Traceback" not in up.output


def test_a_wanted_port_and_another_folder_are_taken(home: Home) -> None:
    wanted, folder = next(free_ports()), home.state / "another folder"
    up = home.start(f"--port={wanted}", f"--data={folder}", "--workers=0")
    assert place(up, "Redis").startswith(f"redis://{HOST}:{wanted}/0")
    look = place(up, "look").partition("; ")[0]
    assert look.endswith(f"skedulr status --data '{folder}'")
    typed = subprocess.run(look, shell=True, env={**os.environ, **home.environment}, check=False)
    assert typed.returncode == 0
    assert f"worker MODULE:APP --data '{folder}'" in place(up, "worker")
    assert home.run("status").code == 2, "the usual folder has no server"
    assert home.run("status", "--data", str(folder)).code == 0
    assert home.run("status", SKEDULR_DATA=str(folder)).code == 0
