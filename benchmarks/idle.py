"""Counts the round trips of an idle worker with one pool.

python -m benchmarks.idle --server redis-server --seconds 30
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from redis import Redis

from benchmarks.private import SERVER_HELP, private_server
from benchmarks.worker import warm_worker

SETTLE_SECONDS = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.idle")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default="redis-server", help=SERVER_HELP)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    trips = trips_per_second(options.server, options.seconds)
    print(json.dumps({"seconds": options.seconds, "trips_per_s": round(trips, 3)}))
    return 0


def trips_per_second(server: str, seconds: float = 30.0) -> float:
    """Socket reads that an idle worker costs the server each second: close to its round trips."""
    with (
        private_server(server) as running,
        Redis.from_url(running.url) as redis,
        warm_worker(running.url),
    ):
        time.sleep(SETTLE_SECONDS)
        begun, before = time.monotonic(), reads(redis)
        time.sleep(seconds)
        after, passed = reads(redis), time.monotonic() - begun
    return (after - before - 1) / passed  # one of them asked for the second count


def reads(redis: Redis) -> int:
    return int(redis.info("stats")["total_reads_processed"])


if __name__ == "__main__":
    sys.exit(main())
