"""A worker in a process of its own, for what is measured on a worker at rest.

python -m benchmarks.worker    # as the measurements start it; the URL is in the environment
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from skedulr import Skedulr
from skedulr_worker import serve

URL = "BENCHMARK_REDIS_URL"

app = Skedulr(os.environ.get(URL, "redis://127.0.0.1:6379/0"), namespace="bench")


@app.job(name="bench")
async def bench(index: int) -> int:
    return index


@contextmanager
def warm_worker(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker with one pool and one child, which has run some tasks already."""
    # The URL holds a password: an argument could be read by others on the machine.
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "benchmarks.worker"]
    with (
        closing(Skedulr(url, namespace="bench")) as producer,
        subprocess.Popen(command, env=os.environ | {URL: url}, cwd=root) as process,
    ):
        try:
            tasks = [producer.enqueue("bench", args=[index]) for index in range(100)]
            for task in tasks:
                task.result(timeout=30)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


if __name__ == "__main__":
    serve(app, processes=1, pools={"default": 50}, lease=15.0)
