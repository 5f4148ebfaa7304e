"""`skedulr up` as the tests start it: on a folder of its own, and out of everybody's way."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from skedulr import Skedulr
from skedulr.embedded import find_running
from tests.support.commands import Answer, run_skedulr
from tests.support.spawning import ROOT, Spawn, Spawned
from tests.support.waiting import wait_until

SHOP: Final = "tests.acceptance.up_shop:app"
UP: Final = "is up"
ENDS_WITHIN: Final = 60.0
"""Seconds, for a run of which nothing is awaited before: in them it has to start, too."""


class Home:
    """A state directory, and what `skedulr up` does with it."""

    def __init__(self, spawn: Spawn, folder: Path, *, namespace: str = "up-shop") -> None:
        self._spawn = spawn
        self._namespace = namespace
        self._apps: dict[str, Skedulr] = {}
        self.state = folder / "state"
        self.data = self.state / "skedulr"
        self.environment = {
            "XDG_STATE_HOME": str(self.state),
            **dict.fromkeys(("SKEDULR_REDIS_URL", "SKEDULR_NAMESPACE", "SKEDULR_DATA"), ""),
            # The machine's other tests may want the usual port.
            "SKEDULR_UP_COORDINATOR_PORT": "0",
        }

    def start(self, *args: str, **environment: str) -> Spawned:
        """Start `skedulr up` and wait until it says where everything is."""
        up = self.begin(*args, **environment)
        up.wait_for_output(UP)
        return up

    def begin(self, *args: str, **environment: str) -> Spawned:
        """Start `skedulr up`."""
        return self._spawn(
            ["-m", "skedulr", "up", "--workers=1", *args], **{**self.environment, **environment}
        )

    def start_shop(self, *args: str) -> Spawned:
        """Start `skedulr up` for the shop, and wait until its worker works."""
        up = self.start(SHOP, "--grace=5s", *args)
        wait_until(self.app.workers, 20, "the worker's first report")
        return up

    def run(self, *args: str, **environment: str) -> Answer:
        """Run a command, which finds the cluster by itself."""
        return run_skedulr(*args, **{**self.environment, **environment})

    def ask(self, *args: str) -> Any:
        """What a command answers to a machine."""
        return self.run(*args, "--json").json

    @property
    def url(self) -> str:
        """The address of the server that runs on the data folder."""
        running = wait_until(lambda: find_running(self.data), what="a running server")
        assert running is not None
        return running.url

    @property
    def app(self) -> Skedulr:
        """A producer, for the server that runs now."""
        app = self._apps.get(self.url)
        if app is None:
            app = self._apps[self.url] = Skedulr(
                self.url, namespace=self._namespace, time_limit=10.0
            )
        return app

    def wait_until_durable(self) -> None:
        """Wait until the server has on disk what the producer has told it, once a second."""
        kept: Any = self.app.client.ask(("WAITAOF", 1, 0, 8000))[0]
        assert kept[0] == 1, "not within 8 s"

    def close(self) -> None:
        """Close the producers."""
        for app in self._apps.values():
            app.close()

    @property
    def is_free(self) -> bool:
        """Whether no server runs on the data folder."""
        return find_running(self.data) is None


IN_ITS_TERMINAL = """
import os, sys
os.login_tty(0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Terminal:
    """`skedulr up` in a terminal of its own, and what it has drawn."""

    def __init__(self, home: Home, *args: str) -> None:
        self._master, slave = os.openpty()
        environment = {**os.environ, **home.environment, "TERM": "xterm", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_ITS_TERMINAL, "-m", "skedulr", "up", *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env=environment,
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        self._seen = b""

    @property
    def seen(self) -> str:
        """All that has reached the screen so far."""
        try:
            while data := os.read(self._master, 65536):
                self._seen += data
        except (BlockingIOError, OSError):  # nothing new, or the other side is closed
            pass
        return self._seen.decode(errors="replace")

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self._master, key.encode())

    def end(self) -> None:
        """Close it, whatever runs in it."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)


def place(up: Spawned, name: str) -> str:
    """What `up` says of one of the things that it has started."""
    found = re.search(rf"^{name} +(.*)$", up.output, re.MULTILINE)
    assert found, up.output
    return found[1]
