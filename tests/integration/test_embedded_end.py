"""The embedded server ends with the program that started it, however that ends."""

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from skedulr.embedded import EmbeddedServer
from tests.support.embedded import (
    assert_nothing_remains,
    embedded,
    get,
    put,
    start_program,
)
from tests.support.processes import is_alive
from tests.support.spawning import Spawn
from tests.support.waiting import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def keeper_of(server: EmbeddedServer) -> psutil.Process:
    keeper = psutil.Process(server.pid).parent()
    assert keeper is not None
    return keeper


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
            "try:\n"
            "    print('listening', flush=True)\n"
            "    time.sleep(100)\n"
            "except KeyboardInterrupt: print('ping', client.ping(), flush=True)\n"
            "time.sleep(100)",
        )
        program.wait_for_output("listening")
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
            "    print(f'child: {os.getpid()}.', flush=True)\n"
            "time.sleep(100)",
        )
        child = int(program.wait_for_output(".\n").split("child:")[1].split(".")[0])
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
