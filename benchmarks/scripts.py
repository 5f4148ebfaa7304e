"""Measures what one call of a hot script costs inside Redis.

    python -m benchmarks.scripts --server redis-server --rounds 3

Prints for each workload the microseconds of an EVALSHA as Redis counts them (``evalsha``), the
CPU time of Redis' main thread with its network (``cpu``), and the commands that the script called
(``calls``): the least of the rounds, for others on the machine only add. A batch counts per task.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgpack
import redis

from benchmarks.private import SERVER_HELP, private_server
from skedulr import commands
from skedulr.commands import Ack, Submission
from skedulr.keys import pool_keys
from skedulr.names import new_id
from skedulr.transport.client import Client
from skedulr.transport.connection import Address

KEYS: Final = pool_keys("bench", "pool")
INSTANCE: Final = "host-1.a1b2c3d4"
JOB: Final = "bench_job"
BODY: Final = msgpack.packb([[1]])
BATCH: Final = 50
Figures = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.scripts")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--server", default="redis-server", help=SERVER_HELP)
    parser.add_argument("--calls", type=int, default=2000, help="calls of each kind in a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with private_server(options.server) as running:
        pool = Pool(running.url)
        rounds = [dict(pool.measure(options.calls)) for _ in range(options.rounds)]
    for workload in rounds[0]:
        least = {
            figure: min(each[workload][figure] for each in rounds) for figure in rounds[0][workload]
        }
        print(json.dumps({"workload": workload, **least}))
    return 0


class Pool:
    """A pool with one instance, and the calls that producers and workers make of it."""

    def __init__(self, url: str) -> None:
        self.client = Client(Address(url))
        self.number = 0
        self.running: list[Ack] = []

    def enqueue(self, tasks: int = 1) -> None:
        batch = [Submission(new_id(), JOB, 0, "", "", b"", 0, 0, 0, 0, BODY) for _ in range(tasks)]
        self.client.run(commands.enqueue(KEYS, batch))

    def exchange(self, free: int, acks: int = 0) -> None:
        """Acknowledge so many tasks and claim others."""
        self.number += 1
        ended, self.running = self.running[:acks], self.running[acks:]
        given = self.client.run(commands.exchange(KEYS, INSTANCE, self.number, free, ended))
        self.running += [Ack(claim.id, claim.epoch) for claim in given.claims]

    def enqueue_and_exchange(self) -> None:
        """What an idle pool sees of one task where nobody listens."""
        self.enqueue()
        self.exchange(1, acks=1)

    def hand_over_and_exchange(self, listener: redis.Connection) -> None:
        """What an idle pool sees of one task where its instance listens."""
        self.enqueue()
        _, _, message = listener.read_response()
        self.number, claim = commands.handed(message)
        self.running = [Ack(claim.id, claim.epoch)]
        self.exchange(1, acks=1)

    def listener(self) -> redis.Connection:
        """A connection that hears what is handed over to the instance."""
        connection = self.client.address.open()
        connection.send_command("SSUBSCRIBE", KEYS.of("claims", INSTANCE))
        connection.read_response()
        return connection

    def measure(self, calls: int) -> Iterator[tuple[str, Figures]]:
        """The figures of each workload, on an empty server."""
        self.client.ask(("FLUSHALL",))
        self.number, self.running = 0, []
        self.client.run(commands.join(KEYS, INSTANCE, [JOB, "other"], lease_ms=15_000, slots=200))
        yield "enqueue 1", self.cost(self.enqueue, calls)
        yield "claim 1", self.cost(lambda: self.exchange(1), calls // 2)
        yield "acknowledge 1", self.cost(lambda: self.exchange(0, acks=1), calls // 2)
        yield "both", self.cost(lambda: self.exchange(1, acks=1), calls // 2)
        yield "nothing to do", self.cost(lambda: self.exchange(1), calls // 2)
        yield "enqueue and both, idle", self.cost(self.enqueue_and_exchange, calls // 2)
        self.exchange(1, acks=len(self.running))
        listener = self.listener()
        yield (
            "hand over and acknowledge, idle",
            self.cost(lambda: self.hand_over_and_exchange(listener), calls // 2),
        )
        listener.disconnect()
        batches = max(calls // BATCH, 1)
        yield "enqueue 50", self.cost(lambda: self.enqueue(BATCH), batches, BATCH)
        yield "both 50", self.cost(lambda: self.exchange(BATCH, BATCH), batches, BATCH)

    def cost(self, call: Callable[[], None], times: int, tasks: int = 1) -> Figures:
        """What a task costs when the call is made so often."""
        self.client.ask(("CONFIG", "RESETSTAT"))
        before = self.cpu_seconds()
        for _ in range(times):
            call()
        cpu = self.cpu_seconds() - before
        counted = self.info("commandstats")
        evalsha = counted.pop("cmdstat_evalsha")
        ours = ("cmdstat_info", "cmdstat_config|resetstat")
        called = sum(value["calls"] for name, value in counted.items() if name not in ours)
        per = times * tasks
        return {
            "evalsha": round(evalsha["usec"] / per, 1),
            "cpu": round(cpu * 1e6 / per, 1),
            "calls": round(called / per, 1),
        }

    def cpu_seconds(self) -> float:
        figures = self.info("cpu")
        return sum(float(figures[f"used_cpu_{kind}_main_thread"]) for kind in ("user", "sys"))

    def info(self, section: str) -> dict[str, Any]:
        """A section of INFO; values of several parts as a map of numbers."""
        found: dict[str, Any] = {}
        for line in self.client.ask(("INFO", section))[0].decode().splitlines():
            name, colon, value = line.partition(":")
            if colon:
                parts = [part.partition("=") for part in value.split(",")]
                found[name] = {k: float(v) for k, _, v in parts} if "=" in value else value
        return found


if __name__ == "__main__":
    sys.exit(main())
