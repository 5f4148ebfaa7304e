"""Embedded servers for tests of what they promise, and programs that run one."""

from pathlib import Path
from typing import Any

from redis import Redis

from skedulr.embedded import EmbeddedServer
from skedulr.embedded.ports import is_free
from tests.support.choice import chosen_binary
from tests.support.processes import is_alive
from tests.support.spawning import Spawn, Spawned
from tests.support.waiting import PATIENT, wait_until

BINARY = chosen_binary()


def embedded(folder: Path | None = None, **options: Any) -> EmbeddedServer:
    """Make a server that runs the binary which the tests are to run on."""
    return EmbeddedServer(folder, **{"binary": BINARY, **options})


def connect(url: str) -> Redis:
    """Return a client that answers in text."""
    return Redis.from_url(url, socket_timeout=PATIENT, decode_responses=True)


def put(server: EmbeddedServer, name: str, value: str) -> None:
    """Set a key."""
    with connect(server.url) as client:
        client.set(name, value)


def get(server: EmbeddedServer, name: str) -> object:
    """Return the value of a key, None if there is none."""
    with connect(server.url) as client:
        return client.get(name)


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
print(f"started {server.pid} {keeper} {server.port} {server.folder}", flush=True)
"""


class Facts:
    """What a program has printed about its server."""

    def __init__(self, output: str) -> None:
        line = next(line for line in output.splitlines() if line.startswith("started "))
        _, pid, keeper, port, folder = line.split()
        self.pid, self.keeper, self.port = int(pid), int(keeper), int(port)
        self.folder = Path(folder)

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
    """Wait until everything is gone, which takes 2 seconds on a machine that has time."""
    wait_until(lambda: not facts.remains, what="the end of server, keeper, port and folder")
