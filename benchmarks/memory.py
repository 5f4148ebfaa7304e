"""Measures the memory of one child process of a worker, as its proportional set size.

    python -m benchmarks.memory --server redis-server

Pages that it shares with its supervisor count by their share, as they do on a host that runs both.
"""

from __future__ import annotations

import argparse
import json
import sys

import psutil

from benchmarks.private import SERVER_HELP, private_server
from benchmarks.worker import warm_worker

MIB = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.memory")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default="redis-server", help=SERVER_HELP)
    options = parser.parse_args()
    print(json.dumps({name: round(value, 1) for name, value in pss_mib(options.server).items()}))
    return 0


def child_pss_mib(server: str) -> float:
    """MiB of the one child of a worker that has run some tasks (Linux only)."""
    return pss_mib(server)["child_pss_mib"]


def pss_mib(server: str) -> dict[str, float]:
    """MiB of the supervisor and of its child."""
    with private_server(server) as running, warm_worker(running.url) as process:
        supervisor = psutil.Process(process.pid)
        children = supervisor.children(recursive=True)
        if len(children) != 1:
            raise SystemExit(f"a worker of one process has {len(children)} children")
        return {
            "supervisor_pss_mib": supervisor.memory_full_info().pss / MIB,
            "child_pss_mib": children[0].memory_full_info().pss / MIB,
        }


if __name__ == "__main__":
    sys.exit(main())
