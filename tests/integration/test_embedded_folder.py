"""The data folder of the embedded server: what is kept there, and for one server at a time."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from skedulr.embedded import EmbeddedServerError, FolderInUse, find_running
from tests.support.embedded import (
    connect,
    embedded,
    get,
    put,
    start_program,
)
from tests.support.processes import is_alive, process_tree
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


class TestWhatIsKept:
    def test_a_restart_keeps_everything(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "kept")
            address = server.url
        with embedded(folder) as again:
            assert get(again, "task") == "kept"
            assert again.url == address

    def test_a_killed_server_has_kept_what_it_acknowledged(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "kept")
            os.kill(server.pid, signal.SIGKILL)
        with embedded(folder) as again:
            assert get(again, "task") == "kept"

    def test_a_half_written_last_command_is_cut_off(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "kept")
        with appended_file(folder).open("ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nta")
        with embedded(folder) as again:
            assert get(again, "task") == "kept"

    def test_a_damaged_file_is_explained_and_the_command_given_repairs_it(
        self, folder: Path
    ) -> None:
        with embedded(folder) as server:
            put(server, "before", "kept")
            put(server, "damaged", "lost")
            put(server, "after", "lost")
        damage(appended_file(folder), b"$7\r\ndamaged")

        with pytest.raises(EmbeddedServerError, match="append-only file is damaged") as refused:
            embedded(folder).start()

        assert str(folder / "server.log") in str(refused.value)
        command = next(line for line in str(refused.value).splitlines() if "--fix" in line)
        subprocess.run(command, shell=True, input=b"y\n", stdout=subprocess.DEVNULL, check=True)
        with embedded(folder) as again:
            assert get(again, "before") == "kept"
            assert get(again, "after") is None

    def test_data_of_another_kind_of_server_is_explained(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "1")
        snapshot = next((folder / "appendonlydir").glob("*.base.rdb"))
        snapshot.write_bytes(b"OTHER099" + snapshot.read_bytes()[8:])
        with pytest.raises(EmbeddedServerError, match="written by another kind or a newer version"):
            embedded(folder).start()

    def test_a_missing_file_is_explained(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "1")
        appended_file(folder).unlink()
        with pytest.raises(EmbeddedServerError, match="are missing or do not belong together"):
            embedded(folder).start()


class TestOneFolder:
    def test_a_second_server_is_refused_and_told_who_runs_there(self, folder: Path) -> None:
        with embedded(folder) as server:
            with pytest.raises(FolderInUse) as refused:
                embedded(folder).start()
            assert f"process {server.pid} on port {server.port}" in str(refused.value)
            assert f"started by process {os.getpid()}" in str(refused.value)
            put(server, "task", "unharmed")

    def test_the_running_server_can_be_found(self, folder: Path) -> None:
        assert find_running(folder) is None
        with embedded(folder) as server:
            running = find_running(folder)
            assert running is not None
            assert (running.url, running.pid, running.owner) == (
                server.url,
                server.pid,
                os.getpid(),
            )
        assert find_running(folder) is None

    def test_a_program_that_takes_over_waits_for_the_server_of_a_killed_one(
        self, folder: Path, spawn: Spawn
    ) -> None:
        program, _ = start_program(spawn, folder)
        program.kill()
        with embedded(folder) as again:
            assert get(again, "task") == "kept"

    def test_a_server_killed_while_it_rewrites_its_file_leaves_nothing_behind(
        self, folder: Path
    ) -> None:
        with embedded(folder, config={"rdb-key-save-delay": "60000000"}) as server:
            with connect(server.url) as client:
                client.mset({f"task:{number}": number for number in range(100)})
                client.bgrewriteaof()
            rewriting = wait_until(lambda: process_tree(server.pid)[1:], what="the rewriting child")
            os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(child.pid) for child in rewriting), what="its end")
        with embedded(folder) as again:
            assert get(again, "task:99") == "99"


def appended_file(folder: Path) -> Path:
    """The file that holds the latest commands."""
    return next((folder / "appendonlydir").glob("*.incr.aof"))


def damage(file: Path, what: bytes) -> None:
    """Overwrite the first bytes of `what` in a file."""
    content = file.read_bytes()
    assert what in content
    file.write_bytes(content.replace(what, b"#" * len(what), 1))
